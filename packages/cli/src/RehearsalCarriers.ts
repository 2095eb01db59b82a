/**
 * The carriers of a rehearsal: those of the user's journal with what it has learned of them, else those of the config,
 * else the simulator's invented ones.
 *
 * @module
 */
import { type Carriers, DelayCurve, Forecast, type JournalStore } from "@dlrkit/core"
import { type Carrier, inventedCarriers, inventedForConversations } from "@dlrkit/simulator"
import * as Effect from "effect/Effect"

/** Carriers, and where they are from. */
export interface RehearsalCarriers {
  readonly origin: "learned" | "configured" | "invented"
  /** The one with most messages first. */
  readonly carriers: readonly [Carrier, ...ReadonlyArray<Carrier>]
}

/** An API that is rehearsed. */
export type Api = "conversations" | "messaging"

/** What is typical of all carriers, as `DelayCurve.typical` has it; what never comes is the carrier's `never`. */
const typical: Carrier["delay"] = [
  { weight: 85, median: 8_000, spread: 1.4 },
  { weight: 10, median: 300_000, spread: 1.4 },
  { weight: 3, median: 2 * 3_600_000, spread: 1.4 }
]

const typicalNever = 0.02
const typicalFailed = 0.05

const inventedOf = (api: Api) => (api === "conversations" ? inventedForConversations : inventedCarriers)

/** The simulator's invented carriers; receipts take as long as is typical. */
export const invented = (api: Api): RehearsalCarriers => ({
  origin: "invented",
  carriers: bySize(inventedOf(api).map((carrier) => ({ ...carrier, delay: typical })))
})

/** The carriers that a table names, each with as many messages; nothing where it names none, or where it is a function. */
export const configured = (carriers: Carriers.Carriers | undefined, api: Api): RehearsalCarriers | undefined => {
  const found = new Set(typeof carriers === "object" ? Object.values(carriers) : [])
  if (found.size === 0) return undefined
  return {
    origin: "configured",
    carriers: bySize(
      Array.from(found, (name) => ({
        ...alike(name, carriers, api),
        weight: 1,
        delay: typical,
        failed: typicalFailed,
        never: typicalNever
      }))
    )
  }
}

/** The carriers that a journal knows, with what a source has learned of them; nothing where it knows none. */
export const learned = Effect.fnUntraced(function* (
  store: JournalStore.JournalStoreService,
  source: string,
  carriers: Carriers.Carriers | undefined,
  api: Api
): Effect.fn.Return<RehearsalCarriers | undefined, JournalStore.JournalError> {
  const known = yield* Forecast.learned(store, source)
  if (known.length === 0) return undefined
  const ended = new Map<string, { delivered: number; failed: number }>()
  for (const { carrier, count, resolution } of yield* store.totals()) {
    const counts = ended.get(carrier) ?? { delivered: 0, failed: 0 }
    ended.set(carrier, counts)
    if (resolution === "delivered" || resolution === "failed") counts[resolution] += count
  }
  return {
    origin: "learned",
    carriers: bySize(
      known.map(({ curve, name, share }) => {
        const { delivered = 0, failed = 0 } = ended.get(name) ?? {}
        return {
          ...alike(name, carriers, api),
          weight: share,
          delay: spellsOf(curve),
          failed: failed / Math.max(1, delivered + failed),
          never: openFor(curve)
        }
      })
    )
  }
})

/** Names decide between carriers that are as large, whatever order they came in. */
const bySize = (carriers: ReadonlyArray<Carrier>) =>
  carriers.toSorted((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1)) as unknown as readonly [
    Carrier,
    ...ReadonlyArray<Carrier>
  ]

/** What a carrier has of the first invented one: the words of its failures. */
const alike = (name: string, carriers: Carriers.Carriers | undefined, api: Api) => ({
  name,
  from: senderOf(name, carriers),
  missing: 0,
  failures: inventedOf(api)[0].failures
})

/** A sender that the table takes for this carrier's; any other where it has none. */
const senderOf = (name: string, carriers: Carriers.Carriers | undefined): string => {
  const keys = typeof carriers === "object" ? Object.keys(carriers).filter((key) => carriers[key] === name) : []
  const sender = keys.find((key) => /^(\+|shortcode:)/.test(key))
  return sender?.replace("shortcode:", "") ?? "rehearsal"
}

/** In how many parts a curve is taken, and how much each is spread. */
const parts = 100
const spread = 0.1

/** The share of a carrier's messages whose receipt never comes. */
const openFor = (curve: DelayCurve.DelayCurve) => curve.survivals[DelayCurve.size - 1] as number

/** A curve in the simulator's terms: as many receipts come around each of its quantiles. */
const spellsOf = (curve: DelayCurve.DelayCurve): Carrier["delay"] => {
  const comes = 1 - openFor(curve)
  return Array.from({ length: parts }, (_, part) => ({
    weight: 1,
    median: Math.max(1, DelayCurve.ageAt(curve, ((part + 0.5) / parts) * comes)),
    spread
  })) as unknown as Carrier["delay"]
}
