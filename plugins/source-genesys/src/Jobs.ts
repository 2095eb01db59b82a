/**
 * Jobs of the analytics: how history is read. A job is submitted, waited for, and its results read by cursor.
 *
 * Source: https://developer.genesys.cloud/api/rest/v2/analytics/conversation_details_job; `AsyncQueryStatus` of
 * `purecloud-platform-client-v2` 262.0.0. Jobs read a store that lags behind; `dataAvailabilityDate` says how far.
 *
 * @module
 */
import { HttpAnswer, SourceError } from "@dlrkit/core"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as AnalyticsApi from "./AnalyticsApi.ts"
import * as Connection from "./Connection.ts"

/** Reads by jobs. */
export interface Jobs {
  /** Until when jobs have data, in epoch milliseconds. */
  readonly availableUntil: (reading: AnalyticsApi.Reading) => Effect.Effect<number, SourceError.SourceError>
  /** Reads a window. Where the reading ends early, the job is cancelled. */
  readonly read: (
    reading: AnalyticsApi.Reading,
    window: AnalyticsApi.Interval
  ) => Stream.Stream<AnalyticsApi.Page, SourceError.SourceError>
}

/** The pauses between looks at a job: the first, and the longest. Each is half as long again as the one before. Milliseconds. */
const pauses = { first: 2000, longest: 30_000 }

/** A cancellation is not waited for longer. */
const cancelWithin = Duration.seconds(5)

/** More pages than this are a platform that counts wrong. */
const mostPages = 10_000

/** Makes the reader of a connection. `timeout` is how long a job may take, in milliseconds. */
export const make = (connection: Connection.Connection, timeout: number): Jobs => {
  const { client, host, name, settings } = connection
  const unavailable = (detail: string) => SourceError.because(new SourceError.Unavailable({ host, detail }))

  const send = <A>(
    { messages, purpose }: AnalyticsApi.Reading,
    request: HttpClientRequest.HttpClientRequest,
    decode: (body: unknown) => A | undefined
  ) => client.send({ request, purpose, messages, permission: AnalyticsApi.permission, endpoint: "jobs", decode })

  const submit = (reading: AnalyticsApi.Reading, window: AnalyticsApi.Interval) =>
    send(
      reading,
      Connection.post(settings, AnalyticsApi.jobsPath, AnalyticsApi.job(reading.selection, window)),
      AnalyticsApi.decodeJobId
    )

  /** Past the budget, since whoever ends a reading does not wait; with all credentials, since the job is one's own. */
  const cancel = (jobId: string) =>
    Effect.forEach(
      connection.accesses,
      ({ auth }) =>
        Effect.flatMap(auth.token, (token) =>
          HttpAnswer.read(
            connection.http,
            HttpClientRequest.bearerToken(
              HttpClientRequest.delete(`${settings.apiUrl}${AnalyticsApi.jobPath(jobId)}`),
              token
            ),
            cancelWithin,
            (body) => body,
            () => {}
          )
        ).pipe(Effect.ignore),
      { discard: true }
    ).pipe(Effect.interruptible, Effect.timeoutOption(cancelWithin))

  /** Waits for a job; `onEnd` is told when it runs no longer, well or not. */
  const wait = Effect.fnUntraced(function* (reading: AnalyticsApi.Reading, jobId: string, onEnd: () => void) {
    const until = (yield* Clock.currentTimeMillis) + timeout
    let pause = pauses.first
    while (true) {
      yield* Effect.sleep(pause)
      const { detail, state } = yield* send(
        reading,
        Connection.get(settings, AnalyticsApi.jobPath(jobId)),
        AnalyticsApi.decodeJobState
      )
      switch (state) {
        case "FULFILLED":
          onEnd()
          return
        case "FAILED":
        case "CANCELLED":
        case "EXPIRED":
          onEnd()
          return yield* unavailable(
            `its analytics job ${jobId} is ${state.toLowerCase()}${detail === undefined ? "" : ` (${detail})`}: ask again, or for a shorter time`
          )
      }
      if ((yield* Clock.currentTimeMillis) >= until) {
        return yield* unavailable(
          `its analytics job ${jobId} is still ${state.toLowerCase()} after ${Duration.format(Duration.millis(timeout))}: ask for a shorter time, or set historyTimeout`
        )
      }
      pause = Math.min(pauses.longest, pause * 1.5)
    }
  })

  const results = (
    reading: AnalyticsApi.Reading,
    jobId: string
  ): Stream.Stream<AnalyticsApi.Page, SourceError.SourceError> => {
    const seen = new Set<string>()
    const page = (size: number | undefined, cursor: string | undefined) =>
      send(reading, Connection.get(settings, AnalyticsApi.resultsPath(jobId, size, cursor)), AnalyticsApi.decodePage)
    /** Where the platform calls our size of pages wrong, it says its own. */
    let size: number | undefined = AnalyticsApi.limits.jobPageSize
    return Stream.paginate(undefined as string | undefined, (cursor) =>
      Effect.gen(function* () {
        if (cursor !== undefined) {
          if (seen.has(cursor) || seen.size === mostPages) return yield* unavailable("the pages of its job do not end")
          seen.add(cursor)
        }
        const found = yield* page(size, cursor).pipe(
          Effect.catchIf(
            ({ reason }) => reason._tag === "BadRequest" && size !== undefined,
            () => {
              size = undefined
              return page(size, cursor)
            }
          )
        )
        return [[found], Option.fromUndefinedOr(found.cursor)] as const
      })
    )
  }

  return {
    availableUntil: (reading) =>
      Effect.flatMap(
        send(reading, Connection.get(settings, AnalyticsApi.availabilityPath), AnalyticsApi.decodeAvailability),
        (until) =>
          Effect.as(Effect.logDebug(`${name}: analytics jobs have data until ${new Date(until).toISOString()}`), until)
      ),
    read: (reading, window) =>
      Stream.unwrap(
        Effect.gen(function* () {
          let running = true
          const jobId = yield* Effect.acquireRelease(
            submit(reading, window),
            (jobId) => (running ? cancel(jobId) : Effect.void),
            { interruptible: true }
          )
          yield* Effect.logInfo(`${name}: reading history by the analytics job ${jobId}`)
          yield* wait(reading, jobId, () => {
            running = false
          })
          return results(reading, jobId)
        })
      )
  }
}
