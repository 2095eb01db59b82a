/**
 * The recent requests of a source, as the journal has recorded them: what a run must know of those before it, so that all
 * together keep to the budget.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { JournalError, JournalStoreService } from "./JournalStore.ts"

/** The recent requests of a source, tokens aside. Epoch milliseconds. */
export interface RequestTraffic {
  /** When each request of the window was sent, oldest first. */
  readonly sent: ReadonlyArray<number>
  /** The platform has asked for nothing before this moment; 0 where it has not. */
  readonly notBefore: number
}

/** How many events are read at once, backwards; and how many requests are surely enough. */
const chunk = 1000
const lastFew = 16

/** No wait that a platform asks for lasts longer: so far back {@link trafficOf} reads. Milliseconds. */
export const longestWait = 86_400_000

/** The requests of the last window, in milliseconds, of a source; of several credentials, what may be one's. */
export const trafficOf = Effect.fnUntraced(function* (
  store: JournalStoreService,
  source: string,
  window: number,
  credential: string | undefined
): Effect.fn.Return<RequestTraffic, JournalError> {
  const since = (yield* Clock.currentTimeMillis) - window
  const sent: Array<number> = []
  let notBefore = 0
  let seen = 0
  for (let upTo = yield* store.lastSeq; upTo > 0; upTo -= chunk) {
    const events = yield* store.events(Math.max(0, upTo - chunk), Math.min(chunk, upTo))
    for (const event of events) {
      if (event.kind !== "request" || event.source !== source || event.purpose === "token") continue
      // What names no credential may have been sent with this one.
      if (credential !== undefined && event.credential !== undefined && event.credential !== credential) continue
      const startedAt = Date.parse(event.startedAt)
      seen += 1
      if (startedAt >= since) sent.push(startedAt)
      if (event.retryAfterMs !== undefined) {
        notBefore = Math.max(notBefore, startedAt + event.durationMs + event.retryAfterMs)
      }
    }
    // While the platform asks to wait nothing is sent, so a wait that still lasts is among the last few requests.
    const oldest = Date.parse(events[0]?.at ?? "")
    if (oldest < (seen >= lastFew ? since : since - longestWait)) break
  }
  return { sent: sent.sort((a, b) => a - b), notBefore }
})
