/**
 * Pages of the conversations API: what stands on one, what spoils it, and what of it is recorded once it was served.
 *
 * Whatever spoils a page (duplicates, a late older status, a contradiction) follows at its end and comes on top of its
 * size. A contradiction always follows the message's own final receipt on the same page: so the first final status that
 * a client sees is the same each time, wherever and however often it looks.
 *
 * @module
 */
import type { Spoiled } from "./Api.ts"
import * as Ledger from "./Ledger.ts"
import { isFinal } from "./MessageData.ts"
import type { Chance } from "./Seed.ts"
import type { Settings } from "./Settings.ts"
import type { Outcome } from "./Story.ts"
import { type Receipt, receiptOf } from "./Wording.ts"

/** One thing on a page. */
export interface Item {
  readonly entry: Ledger.Entry
  /** Where the message is. */
  readonly receipt: Receipt
  /** Whether this says it of this one message, so that it is served. */
  readonly speaks: boolean
  /** Whether `pending` may be shown after `sent` was. */
  readonly goesBack: boolean
  /** What the thing looks like with a receipt, as JSON. */
  readonly json: (receipt: Receipt) => string
  /** What it tells of a receipt. */
  readonly told: (receipt: Receipt) => Receipt
}

/** A page, and what is to be recorded once it has been served. */
export interface Page {
  /** Its things, joined by commas. */
  readonly body: string
  readonly spoiled: Spoiled
  readonly serve: (now: number) => void
}

/** Makes a page. */
export const make = (items: ReadonlyArray<Item>, { rates }: Settings, chance: Chance): Page => {
  const shown: Array<string> = []
  const late: Array<string> = []
  const contradictions: Array<string> = []
  const finals: Array<readonly [Ledger.Entry, Outcome]> = []
  const conflicts: Array<readonly [Ledger.Entry, Outcome]> = []
  const advanced: Array<Ledger.Entry> = []
  let stale = 0
  for (const item of items) {
    const { entry, receipt } = item
    const { contradiction } = entry.message
    const old = chance.happens(rates.stale)
    const back = old && item.goesBack && receipt.status === "sent" && entry.advanced
    shown.push(item.json(back ? receiptOf(entry.message, "pending") : receipt))
    if (isFinal(receipt)) {
      if (item.speaks) finals.push([entry, item.told(receipt) as Outcome])
      if (old) late.push(item.json(receiptOf(entry.message, "sent")))
      if (item.speaks && contradiction !== undefined) {
        contradictions.push(item.json(contradiction))
        conflicts.push([entry, item.told(contradiction) as Outcome])
      }
    } else if (receipt.status === "sent" && item.speaks && !back) {
      advanced.push(entry)
    }
    if (back || (old && isFinal(receipt))) stale++
  }
  const duplicated = chance.happens(rates.duplicated) ? Math.min(3, shown.length) : 0
  for (let count = 0; count < duplicated; count++) late.push(shown[chance.whole(0, shown.length - 1)] as string)
  return {
    body: [...shown, ...late, ...contradictions].join(","),
    spoiled: { duplicated, stale, contradicted: contradictions.length },
    serve: (now) => {
      for (const entry of advanced) entry.advanced = true
      for (const [entry, outcome] of finals) Ledger.serve(entry, outcome, now)
      for (const [entry, outcome] of conflicts) Ledger.serve(entry, outcome, now)
    }
  }
}
