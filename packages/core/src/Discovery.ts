/**
 * Discovery: registers what somebody else sent, such as a campaign of the platform. It reads windows of time by sweep and
 * gives the messages that it sees there, each conversation once.
 *
 * What a sweep shows is some time old, so a window that ends now is not complete yet: its end is read again later, until
 * nothing can be missing. Between two readings nothing is asked.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type MessageRef, nameText } from "./Message.ts"
import type { ReceiptSource, Sighting, Sweep, SweepWindow } from "./ReceiptSource.ts"
import { because, InvalidQuery, type SourceError } from "./SourceError.ts"

/** A window that was read whole. Epoch milliseconds. */
export interface Pass extends SweepWindow {
  /** The name of the source. */
  readonly source: string
  /** Conversations that were seen in it, those of earlier passes included. */
  readonly conversations: number
  /** Whatever was sent before this moment has been seen. */
  readonly completeUntil: number
}

/** Messages that a page of a sweep shows, none of which a page before it has shown. */
export interface Discovered {
  /** What a tracker registers. */
  readonly refs: ReadonlyArray<MessageRef>
  /** Where they are: what the page says of them. */
  readonly shown: {
    /** The name of the source. */
    readonly source: string
    /** When the sweep began. Epoch milliseconds. */
    readonly startedAt: number
    readonly sightings: ReadonlyArray<Sighting>
  }
}

/** What to look for, and how long. Times are epoch milliseconds. */
export interface DiscoverOptions {
  /** Those that cannot sweep are passed over. */
  readonly sources: ReadonlyArray<ReceiptSource>
  /** Only messages of this campaign. */
  readonly campaignId?: string | undefined
  /** Conversations that started from this moment on are read, */
  readonly from: number
  /** until before this one. Without it, discovering goes on until it is interrupted. */
  readonly to?: number | undefined
  /** One pass over what the platform shows now, instead of waiting until the window is complete. */
  readonly once?: boolean | undefined
  /** How much older than it says what a sweep shows may be, and how far clocks may differ. One minute. */
  readonly slack?: Duration.Input | undefined
  /** How long nothing is asked between two passes: the sweep's lag and the slack. */
  readonly pause?: Duration.Input | undefined
  /** Told of each window that was read whole. */
  readonly onPass?: ((pass: Pass) => Effect.Effect<void>) | undefined
}

/**
 * Gives the messages that the sources' sweeps show, a batch for each page that shows new ones. Messages that a sweep cannot
 * tell apart, because they share a conversation, are one message here; looking it up tells.
 *
 * Fails with `InvalidQuery` where no source can sweep, with `Refused` where the platform refuses us, and with what went
 * wrong where it has never answered. Once it has answered, what fails in passing is waited out.
 */
export const discover = (options: DiscoverOptions): Stream.Stream<Discovered, SourceError> => {
  const able = options.sources.flatMap((source) => {
    const { sweep } = source
    return sweep === undefined ? [] : [Stream.suspend(() => discoverFrom(source, sweep, options))]
  })
  if (able.length === 0) return Stream.fail(because(new InvalidQuery({ detail: cannotSweep })))
  return Stream.mergeAll(able, { concurrency: "unbounded" })
}

const cannotSweep = "no source can list what was sent in a window of time"

/** What is known after a pass. */
interface Progress {
  /** Where the next window begins. */
  readonly from: number
  /** The conversations that the next window may show again. */
  readonly known: ReadonlySet<string>
}

/** One reading of a window, while it goes on. */
interface Reading {
  readonly beganAt: number
  readonly window: SweepWindow
  readonly seen: Set<string>
  failed: boolean
}

const discoverFrom = (
  source: ReceiptSource,
  sweep: Sweep,
  options: DiscoverOptions
): Stream.Stream<Discovered, SourceError> => {
  const { campaignId, once = false, to } = options
  /** What is so old, a sweep shows. */
  const age = sweep.lag + Duration.toMillis(Duration.fromInputUnsafe(options.slack ?? "1 minute"))
  const pause = options.pause === undefined ? age : Duration.toMillis(Duration.fromInputUnsafe(options.pause))
  let progress: Progress = { from: options.from, known: new Set() }
  let reading: Reading | undefined
  let answered = false

  /** Takes in what the pass has brought. Gives the moment of the next one, `undefined` where there is to be none. */
  const conclude = Effect.fnUntraced(function* ({ beganAt, failed, seen, window }: Reading, now: number) {
    if (failed) {
      progress = { ...progress, known: new Set([...progress.known, ...seen]) }
      return now + pause
    }
    const completeUntil = Math.max(window.from, beganAt - age)
    progress = { from: completeUntil, known: seen }
    if (options.onPass !== undefined) {
      yield* options.onPass({ ...window, source: source.name, conversations: seen.size, completeUntil })
    }
    if (once || (to !== undefined && completeUntil >= to)) return undefined
    return to !== undefined && to <= beganAt ? to + age : now + pause
  })

  const next = Effect.gen(function* () {
    if (reading !== undefined) {
      const ended = yield* Clock.currentTimeMillis
      const at = yield* conclude(reading, ended)
      if (at === undefined) return undefined
      yield* Effect.sleep(Math.max(0, at - ended))
    }
    const beganAt = yield* Clock.currentTimeMillis
    const window = { from: progress.from, to: Math.min(beganAt, to ?? beganAt), campaignId }
    reading = { beganAt, window, seen: new Set(), failed: false }
    return [reading, undefined] as const
  })

  /** What a page shows of messages that no page before it has shown. */
  const fresh = (sightings: ReadonlyArray<Sighting>, seen: Set<string>) =>
    sightings.filter(({ ref }) => {
      const name = ref.conversationId ?? nameText({ ref })
      if (seen.has(name)) return false
      seen.add(name)
      return !progress.known.has(name)
    })

  const read = (pass: Reading): Stream.Stream<Discovered, SourceError> => {
    const { beganAt, seen, window } = pass
    if (window.from >= window.to) return Stream.empty
    return sweep.pages(window).pipe(
      Stream.map(({ sightings }) => {
        answered = true
        const found = fresh(sightings, seen)
        return {
          refs: found.map(({ ref }) => (campaignId === undefined ? ref : { ...ref, campaignId })),
          shown: { source: source.name, startedAt: beganAt, sightings: found }
        }
      }),
      Stream.filter(({ refs }) => refs.length > 0),
      Stream.catchTag("SourceError", (error) => {
        if (!error.reason.retryable || !answered) return Stream.fail(error)
        pass.failed = true
        return Stream.fromEffectDrain(
          Effect.logWarning(`${source.name}: ${error.message}; what was sent is read again in a while`)
        )
      })
    )
  }

  return Stream.flatMap(
    Stream.unfold(undefined, () => next),
    read
  )
}
