/**
 * Alerts: what somebody must look at now, seen in what is being recorded. Pure: the journal asks inside a transaction, so
 * that an alert is recorded together with the page that caused it.
 *
 * - `account_problem`, `sender_unregistered`: a carrier's first failure of this cause. Everything that is sent on fails
 *   alike until somebody acts. Told once in 24 hours of each carrier.
 * - `none_delivered`: of a carrier's last 50 messages that ended, none was delivered; those that are unconfirmed count,
 *   those that were too old to be asked for do not. Told once until the carrier delivers again.
 *
 * What was told and counted is kept in memory. After a restart, the newest events of the journal say it again: see
 * {@link recalled}.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { EventDraft, JournalError, JournalStoreService } from "./JournalStore.ts"
import { type Cause, causes } from "./Taxonomy.ts"
import type { EventBody } from "./TrackingEvent.ts"

/** An alert, as it is recorded. */
export type Alert = Extract<EventBody, { readonly kind: "alert.raised" }>

/** How many messages of a carrier end without a delivery before that is an alert. */
export const noneDeliveredOf = 50

/** For so long an alert of a cause is not told again of the same carrier. Milliseconds. */
const quiet = 86_400_000

/** How a carrier stands since it delivered last. */
interface Standing {
  readonly failed: number
  readonly unconfirmed: number
  /** When each alert was told last. Epoch milliseconds. */
  readonly told: { readonly [K in Alert["alert"]]?: number | undefined }
}

/** How the carriers stand. */
export type Standings = ReadonlyMap<string, Standing>

/** Nothing has been heard yet. */
export const none: Standings = new Map()

/** How carriers stand after events, and the alerts that these are reason for, to be recorded after them. */
export interface Heard {
  readonly standings: Standings
  readonly raised: ReadonlyArray<EventDraft>
}

const fresh: Standing = { failed: 0, unconfirmed: 0, told: {} }

const isAlarming = (cause: Cause): cause is Cause & Alert["alert"] =>
  cause === "account_problem" || cause === "sender_unregistered"

const ofCause = (carrier: string, cause: Cause & Alert["alert"], code: string | undefined): Alert => ({
  kind: "alert.raised",
  alert: cause,
  carrier,
  detail: `a message failed${code === undefined ? "" : ` with the code ${code}`}: ${causes[cause].definition.replace(/\.$/, "")}`,
  action: causes[cause].action,
  ...(code === undefined ? {} : { code })
})

const ofSilence = (carrier: string, { failed, unconfirmed }: Standing): Alert => ({
  kind: "alert.raised",
  alert: "none_delivered",
  carrier,
  detail: `none of its last ${failed + unconfirmed} messages that ended was delivered: ${failed} failed, ${unconfirmed} are unconfirmed`,
  action: "hold what goes this way; dlrkit report tells why messages fail"
})

/** Hears events that are about to be recorded, in order. */
export const hear = (known: Standings, events: ReadonlyArray<EventDraft>): Heard => listen(known, events, true)

const listen = (known: Standings, events: ReadonlyArray<EventDraft>, raise: boolean): Heard => {
  let changed: Map<string, Standing> | undefined
  const standingOf = (carrier: string) => (changed ?? known).get(carrier) ?? fresh
  const set = (carrier: string, standing: Standing) => {
    changed ??= new Map(known)
    changed.set(carrier, standing)
  }
  const raised: Array<EventDraft> = []
  const tell = (event: EventDraft, body: Alert) => {
    if (!raise) return
    const standing = standingOf(body.carrier)
    set(body.carrier, { ...standing, told: { ...standing.told, [body.alert]: event.at } })
    raised.push({ ...event, body })
  }
  const hearCause = (event: EventDraft, carrier: string, cause: Cause, code: string | undefined) => {
    if (!isAlarming(cause)) return
    const last = standingOf(carrier).told[cause]
    if (last === undefined || event.at - last >= quiet) tell(event, ofCause(carrier, cause, code))
  }
  const hearEnd = (event: EventDraft, carrier: string, end: "failed" | "unconfirmed") => {
    const before = standingOf(carrier)
    const standing = { ...before, [end]: before[end] + 1 }
    set(carrier, standing)
    const isDue = standing.failed + standing.unconfirmed >= noneDeliveredOf
    if (isDue && standing.told.none_delivered === undefined) tell(event, ofSilence(carrier, standing))
  }

  for (const event of events) {
    const { body } = event
    switch (body.kind) {
      case "message.delivered": {
        const standing = standingOf(body.carrier)
        if (standing.failed + standing.unconfirmed === 0 && standing.told.none_delivered === undefined) break
        set(body.carrier, { ...fresh, told: { ...standing.told, none_delivered: undefined } })
        break
      }
      case "message.failed":
        // One that had been called unconfirmed has been counted as that.
        if (body.late !== true) hearEnd(event, body.carrier, "failed")
        hearCause(event, body.carrier, body.cause, body.code)
        break
      case "message.unconfirmed":
        if (body.reason === "deadline" || body.reason === "platform") hearEnd(event, body.carrier, "unconfirmed")
        break
      case "message.explained":
        hearCause(event, body.carrier, body.cause, body.code)
        break
      case "alert.raised": {
        const standing = standingOf(body.carrier)
        set(body.carrier, { ...standing, told: { ...standing.told, [body.alert]: event.at } })
        break
      }
    }
  }
  return { standings: changed ?? known, raised }
}

/** How many of the newest events are read to know what an earlier run knew. */
const recallable = 5000
const pageSize = 1000

/** How the carriers stand, by the newest 5,000 events of a journal: what happened before them is forgotten. */
export const recalled = Effect.fnUntraced(function* (
  store: JournalStoreService
): Effect.fn.Return<Standings, JournalError> {
  const last = yield* store.lastSeq
  let standings = none
  for (let after = Math.max(0, last - recallable); after < last; after += pageSize) {
    const page = yield* store.events(after, Math.min(pageSize, last - after))
    const drafts = page.map((body): EventDraft => ({ at: Date.parse(body.at), run: body.run, actor: body.actor, body }))
    standings = listen(standings, drafts, false).standings
  }
  return standings
})

/** An alert in a line, for logs. */
export const text = ({ action, alert, carrier, detail }: Alert): string =>
  `${carrier}: ${alert}: ${detail}; what to do: ${action}`

/** An alert in a few words, for a line that has no room. */
export const inBrief = ({ alert, carrier }: Alert): string =>
  `${carrier}: ${alert === "none_delivered" ? `none of its last ${noneDeliveredOf} delivered` : alert}`

/** Says alerts in the log at once. */
export const log = (raised: ReadonlyArray<EventDraft>): Effect.Effect<void> =>
  Effect.forEach(raised, ({ body }) => Effect.logWarning(text(body as Alert)), { discard: true })
