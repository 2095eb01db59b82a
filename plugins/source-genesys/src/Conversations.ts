/**
 * Whole windows of conversations, read from the analytics: page after page, the window split where the platform does not
 * serve it in one piece, and by a job where it is history.
 *
 * @module
 */
import { SourceError } from "@dlrkit/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as AnalyticsApi from "./AnalyticsApi.ts"
import * as Connection from "./Connection.ts"
import * as Jobs from "./Jobs.ts"

/** How windows are read. Times are milliseconds. */
export interface ReadingOptions {
  readonly longestInterval: number
  readonly sweepMost: number
  readonly historyAfter: number
  readonly historyTimeout: number
}

/** A page, with how many conversations the window has that was asked for. */
export type Page = Pick<AnalyticsApi.Page, "conversations" | "total">

/** Reads windows. */
export interface Conversations {
  readonly read: (
    reading: AnalyticsApi.Reading,
    window: AnalyticsApi.Interval
  ) => Stream.Stream<Page, SourceError.SourceError>
}

/** No window is split further. Milliseconds. */
const shortestInterval = 1000

/** Makes the reader of a connection. */
export const make = (connection: Connection.Connection, options: ReadingOptions): Conversations => {
  const { client, policy, settings } = connection
  const jobs = Jobs.make(connection, options.historyTimeout)
  /** Lower than the setting where the platform has refused a page within it. */
  let most = options.sweepMost

  const page = (
    { messages, purpose, selection }: AnalyticsApi.Reading,
    interval: AnalyticsApi.Interval,
    number: number
  ) =>
    client.send({
      request: Connection.post(settings, AnalyticsApi.queryPath, AnalyticsApi.query(selection, interval, number)),
      purpose,
      messages,
      permission: AnalyticsApi.permission,
      endpoint: "analytics",
      decode: AnalyticsApi.decodePage
    })

  /** The pages from the second on, as many at once as may be, for as long as there is something on them. */
  const others = (reading: AnalyticsApi.Reading, interval: AnalyticsApi.Interval, first: AnalyticsApi.Page) =>
    Stream.paginate({ number: 2, total: first.total ?? 0 }, ({ number, total }) =>
      Effect.gen(function* () {
        const last = Math.min(number + policy.concurrency - 1, Math.ceil(total / AnalyticsApi.limits.pageSize))
        const numbers = Array.from({ length: Math.max(0, last - number + 1) }, (_, index) => number + index)
        const pages = yield* Effect.forEach(numbers, (of) => page(reading, interval, of), {
          concurrency: policy.concurrency
        }).pipe(
          Effect.tapError((error) =>
            Effect.sync(() => {
              if (isTooMuch(error)) most = Math.min(most, (number - 1) * AnalyticsApi.limits.pageSize)
            })
          )
        )
        // Meanwhile the platform may have come to count otherwise.
        const now = pages.at(-1)?.total ?? total
        const more = last >= number && pages.every(({ size }) => size > 0) && last * AnalyticsApi.limits.pageSize < now
        return [pages, more ? Option.some({ number: last + 1, total: now }) : Option.none()] as const
      })
    )

  /** A window that one query may be asked for: whole, or in halves. */
  const whole = (
    reading: AnalyticsApi.Reading,
    interval: AnalyticsApi.Interval,
    known: number | undefined,
    history: boolean
  ): Stream.Stream<Page, SourceError.SourceError> => {
    const halves = (total: number | undefined, error: SourceError.SourceError | undefined) => {
      const { from, to } = interval
      if (to - from <= shortestInterval) return Stream.fail(tooDense(interval, error))
      const middle = from + Math.floor((to - from) / 2)
      return Stream.concat(
        whole(reading, { from, to: middle }, total, history),
        whole(reading, { from: middle, to }, total, history)
      )
    }
    const refused = (error: SourceError.SourceError) =>
      history && isHistory(error) ? past(reading, interval) : halves(known, error)
    return Stream.unwrap(
      page(reading, interval, 1).pipe(
        Effect.map((first) => {
          const total = known ?? first.total
          // A count that says no more than "as many as I count" looks like this, too.
          if ((first.total ?? 0) >= most) return halves(total, undefined)
          return Stream.concat(Stream.make(first), others(reading, interval, first)).pipe(
            Stream.map(({ conversations }) => ({ conversations, total })),
            Stream.catchIf(isTooMuch, (error) => halves(total, error))
          )
        }),
        Effect.catchIf(isTooMuch, (error) => Effect.succeed(refused(error)))
      )
    )
  }

  /** A window by a job; what jobs have no data of yet, by the query after all. */
  const past = (
    reading: AnalyticsApi.Reading,
    interval: AnalyticsApi.Interval
  ): Stream.Stream<Page, SourceError.SourceError> =>
    Stream.unwrap(
      Effect.map(jobs.availableUntil(reading), (until) => {
        const border = Math.min(interval.to, Math.max(interval.from, until))
        return Stream.concat(
          border > interval.from ? jobs.read(reading, { from: interval.from, to: border }) : Stream.empty,
          recent(reading, { from: border, to: interval.to }, false)
        )
      })
    )

  /** A window by the query, in pieces that are no wider than one may be. With `history`, what it refuses as such by jobs. */
  const recent = (reading: AnalyticsApi.Reading, { from, to }: AnalyticsApi.Interval, history: boolean) => {
    const { longestInterval } = options
    const starts = Array.from(
      { length: Math.ceil((to - from) / longestInterval) },
      (_, index) => from + index * longestInterval
    )
    return Stream.fromIterable(starts).pipe(
      Stream.flatMap((start) =>
        whole(reading, { from: start, to: Math.min(to, start + longestInterval) }, undefined, history)
      ),
      // Only of a window in one piece does the platform say how many there are in all.
      Stream.map((page) => (starts.length === 1 ? page : { ...page, total: undefined }))
    )
  }

  return {
    read: (reading, { from, to }) =>
      Stream.unwrap(
        Effect.map(Clock.currentTimeMillis, (now) => {
          // Nothing has started later than now; and a window ends a second after it, for clocks that differ.
          const end = Math.min(to, now + shortestInterval)
          const border = Math.max(from, Math.min(now - options.historyAfter, end))
          const live = recent(reading, { from: border, to: end }, true)
          if (border <= from) return live
          return Stream.concat(past(reading, { from, to: border }), live).pipe(
            Stream.map((page) => ({ ...page, total: undefined }))
          )
        })
      )
  }
}

/** The platform does not serve a query, whatever its words for that: too many results, too wide, too far back. */
const isTooMuch = ({ reason }: SourceError.SourceError): boolean => reason._tag === "BadRequest"

/** The platform says that a query reaches too far back, or that a job is the way. */
const isHistory = ({ reason }: SourceError.SourceError): boolean =>
  reason._tag === "BadRequest" &&
  /\bjobs?\b|async|too (old|far)|older than|retention/i.test(`${reason.code} ${reason.detail}`)

const tooDense = ({ from }: AnalyticsApi.Interval, error: SourceError.SourceError | undefined) =>
  SourceError.because(
    new SourceError.InvalidQuery({
      detail: `the platform does not serve even a second of conversations in one piece, from ${new Date(from).toISOString()} (${error?.message ?? "there are more than sweepMost allows"})`
    })
  )
