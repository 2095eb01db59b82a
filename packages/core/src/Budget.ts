/**
 * The budget: how many requests the platform allows in a window, and when the next may be sent.
 *
 * Requests are paced evenly, and no sliding window ever holds more of them than the limit, counting those of earlier
 * runs. A refusal closes the gate until its `Retry-After` has passed. A limit that is lower than the one we were told is
 * learned from the first refusal, and tried again upwards after a while.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Semaphore from "effect/Semaphore"

/** A budget's settings. Milliseconds. */
export interface BudgetOptions {
  /** Requests in a window. */
  readonly limit: number
  readonly window: number
  /** When each request of the last window was sent, oldest first. */
  readonly sent: ReadonlyArray<number>
  /** The platform has asked for nothing before this moment. Epoch milliseconds; 0 where it has not. */
  readonly notBefore?: number | undefined
  /** How long after a refusal the platform is tried with more requests again. */
  readonly probeAfter: number
  /** Told when the limit that we believe in changes. */
  readonly onLimit?: ((limit: number) => Effect.Effect<void>) | undefined
}

/** A budget of requests. */
export interface Budget {
  /**
   * Waits until the next request may be sent, makes ready what it needs (a token), and pays for it. Gives the moment of
   * sending, and what was made ready. Where making ready took so long that the gate has closed, it waits again.
   */
  readonly take: <A, E>(ready: Effect.Effect<A, E>) => Effect.Effect<readonly [sentAt: number, ready: A], E>
  /** The platform took the request that was sent at this moment. */
  readonly accepted: (sentAt: number) => Effect.Effect<void>
  /** The platform refused it (429), and said how long to wait, or did not. */
  readonly refused: (sentAt: number, retryAfter: number | undefined) => Effect.Effect<void>
  /** The limit that we believe in. */
  readonly limit: Effect.Effect<number>
}

/** The pace leaves this share of the window free, so that jitter on the way does not break the platform's count. */
const margin = 1.025

/** Who sends less than this share of what the pace allows asks for little. */
const littleAsked = 0.25

/** The longest wait of our own where the platform refuses and does not say for how long. */
const longestBackoff = 60_000

/** Makes a budget. */
export const make = Effect.fnUntraced(function* (options: BudgetOptions) {
  const gate = yield* Semaphore.make(1)
  const { probeAfter, window } = options
  /** Moments of sending, oldest first; those older than a window are dropped. */
  const sent = [...options.sent]
  const accepted = [...options.sent]
  // Whoever tracked before us sent its last request, at the latest, just before we began.
  const startedAt = yield* Clock.currentTimeMillis
  const observedSince = options.sent[0] ?? startedAt
  let limit = options.limit
  let notBefore = options.notBefore ?? 0
  let refusals = 0
  let probeAt = Number.POSITIVE_INFINITY
  let grownAt: number | undefined
  let learnsFrom = 0
  let corrected = false

  const setLimit = (next: number) => {
    const bounded = Math.max(1, Math.min(options.limit, next))
    if (bounded === limit) return Effect.void
    limit = bounded
    return options.onLimit?.(bounded) ?? Effect.void
  }

  const dropBefore = (moments: Array<number>, moment: number) => {
    const kept = moments.findIndex((at) => at > moment)
    moments.splice(0, kept === -1 ? moments.length : kept)
  }

  /** After a while at a learned limit, a little more is tried; while that goes well, ever more. */
  const probe = (now: number) => {
    if (limit === options.limit) return Effect.void
    if (grownAt === undefined) {
      if (now < probeAt) return Effect.void
      grownAt = now
      return setLimit(Math.ceil(limit * 1.02) + 1)
    }
    if (now - grownAt < window * 1.1) return Effect.void
    grownAt = now
    return setLimit(Math.ceil(limit * 1.3))
  }

  /** Between two requests. Whole microseconds, so that a pace of fractions of a millisecond is kept, everywhere alike. */
  const pause = () => Math.round((window / limit) * margin * 1000)
  let nextSlot = startedAt * 1000 + pause()

  const nextAt = (now: number): number => {
    dropBefore(sent, now - window)
    const slid = sent.length < limit ? 0 : (sent[sent.length - limit] as number) + window + 1
    return Math.max(Math.floor(nextSlot / 1000), slid, notBefore)
  }

  const take = <A, E>(ready: Effect.Effect<A, E>) =>
    Effect.gen(function* () {
      while (true) {
        const now = yield* Clock.currentTimeMillis
        yield* probe(now)
        const at = nextAt(now)
        if (at > now) {
          yield* Effect.sleep(at - now)
          continue
        }
        const made = yield* ready
        const sentAt = yield* Clock.currentTimeMillis
        if (nextAt(sentAt) > sentAt) continue
        // A slot that was missed is lost.
        nextSlot = Math.max(nextSlot, sentAt * 1000) + pause()
        sent.push(sentAt)
        return [sentAt, made] as const
      }
    }).pipe(gate.withPermits(1))

  /**
   * The first refusal of an episode: the window that is full began a window before it will have room again, and what
   * was accepted since then is its limit. Only a window that we saw whole can tell, and only if we filled it: where we
   * ask for little, a refusal has other reasons. Where the platform refuses at the limit just learned, it was a little
   * less; where it still does, it has other reasons too, and nothing is learned for a while.
   */
  const learn = Effect.fnUntraced(function* (now: number, retryAfter: number) {
    const windowStart = now + retryAfter - window - 1000
    const inWindow = accepted.filter((at) => at > windowStart)
    const [first] = inWindow
    if (now < learnsFrom || windowStart < observedSince - 2000 || first === undefined) return
    if (inWindow.length < littleAsked * ((now - first) / (pause() / 1000))) return
    const settled = limit < options.limit && grownAt === undefined
    if (settled && corrected) {
      learnsFrom = now + probeAfter
      return yield* setLimit(options.limit)
    }
    corrected = settled
    grownAt = undefined
    probeAt = now + probeAfter
    yield* setLimit(Math.min(settled ? limit - 1 : limit, inWindow.length))
  })

  return {
    take,
    accepted: (sentAt) =>
      Effect.sync(() => {
        refusals = 0
        accepted.push(sentAt)
        dropBefore(accepted, sentAt - 2 * window)
      }),
    refused: Effect.fnUntraced(function* (sentAt: number, retryAfter: number | undefined) {
      const now = yield* Clock.currentTimeMillis
      refusals += 1
      const jitter = yield* Random.nextBetween(1, 1.1)
      const wait = retryAfter ?? Math.min(longestBackoff, 1000 * 2 ** (refusals - 1)) * jitter
      if (sentAt >= notBefore && retryAfter !== undefined) yield* learn(now, retryAfter)
      notBefore = Math.max(notBefore, Math.ceil(now + wait))
    }),
    limit: Effect.sync(() => limit)
  } satisfies Budget
})
