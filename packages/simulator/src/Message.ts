/**
 * The messages that the simulated platform has sent, and what becomes of each: all decided by the seed beforehand.
 *
 * @module
 */
import type { Carrier } from "./Carriers.ts"
import type { Settings } from "./Options.ts"
import * as Seed from "./Seed.ts"

/** The platform's words for where a message is. */
export const statuses = ["pending", "sent", "delivered", "failed"] as const
/** See {@link statuses}. */
export type Status = (typeof statuses)[number]

/** A final receipt, as the platform words it. */
export interface Outcome {
  readonly status: "delivered" | "failed"
  readonly statusDetails?: string
}

/**
 * What becomes of a message: a final receipt comes, none ever comes (it stays `sent`), the platform does not return it
 * at all, or it is older than the platform remembers.
 */
export type Fate = "delivered" | "failed" | "never" | "missing" | "expired"

/** One message. Times are epoch milliseconds. */
export interface Message {
  readonly id: string
  readonly externalContactId: string
  readonly externalMessageId: string
  readonly carrier: string
  /** Of a range that is reserved for fiction. */
  readonly to: string
  readonly from: string
  readonly campaign: string
  readonly sentAt: number
  readonly fate: Fate
  /** Until then it is `pending`, then `sent`. */
  readonly pendingUntil: number
  /** When the final receipt comes; infinity where none comes. */
  readonly finalAt: number
  /** The final receipt, where one comes. */
  readonly outcome: Outcome | undefined
  /** A second final receipt that contradicts the first and follows it, where there is one. */
  readonly contradiction: Outcome | undefined
}

/** Where a message is at a moment (epoch milliseconds). */
export const statusAt = (message: Message, now: number): Status => {
  if (message.outcome !== undefined && now >= message.finalAt) return message.outcome.status
  return now < message.pendingUntil ? "pending" : "sent"
}

const campaigns = ["spring-offer", "order-updates", "appointment-reminders"] as const

/** The latest part of `within` in which a final receipt comes: the rest is left for the client to notice it. */
const latest = 0.95

/** How long before the start the messages were sent, at most. A fraction of `within`. */
const sendingTime = 1 / 60

/** Numbers that are reserved for fiction: what they begin with, and the first and last of their endings. */
const fictional: readonly [Range, ...ReadonlyArray<Range>] = [
  ["+120655501", "00", "99"],
  ["+121255501", "00", "99"],
  ["+131255501", "00", "99"],
  ["+151255501", "00", "99"],
  ["+141655501", "00", "99"],
  ["+442079460", "000", "999"],
  ["+467017406", "05", "99"],
  ["+3363998", "0000", "9999"],
  ["+4917139200", "00", "99"],
  ["+61491570", "156", "159"]
]

type Range = readonly [prefix: string, first: string, last: string]

const recipient = (chance: Seed.Chance): string => {
  const [prefix, first, last] = chance.pick(fictional)
  return prefix + String(chance.whole(Number(first), Number(last))).padStart(last.length, "0")
}

const hex = (value: number) => (value >>> 0).toString(16).padStart(8, "0")

/** Eight hexadecimal digits that no other index has: multiplication by an odd number is a permutation. */
const scattered = (index: number, salt: number) => hex(Math.imul(index + 1, 0x9e3779b1) ^ salt)

/** Makes all messages of a simulation that starts at `startedAt` (epoch milliseconds). */
export const makeAll = (settings: Settings, startedAt: number): ReadonlyArray<Message> => {
  const salt = Seed.hash(String(settings.seed))
  const chance = Seed.make(settings.seed, "messages")
  const contacts = Array.from({ length: settings.contacts }, (_, index) => ({
    id: `contact-${scattered(index, ~salt)}`,
    to: recipient(chance)
  }))
  const weighted = settings.carriers.map((carrier) => [carrier, carrier.weight] as const)
  return Array.from({ length: settings.messages }, (_, index): Message => {
    const contact = contacts[index % contacts.length] as (typeof contacts)[number]
    const carrier = chance.weighted(weighted as [readonly [Carrier, number]])
    const id = `msg-${scattered(index, salt)}`
    const story = tell(carrier, settings, startedAt, chance)
    return {
      id:
        id +
        "0123456789abcdef".repeat(Math.ceil(settings.messageIdLength / 16)).slice(id.length, settings.messageIdLength),
      externalContactId: contact.id,
      externalMessageId: `sms-ext-${scattered(index, salt ^ 0x5bd1e995)}`,
      carrier: carrier.name,
      to: contact.to,
      from: carrier.from,
      campaign: chance.pick(campaigns),
      ...story
    }
  })
}

type Story = Pick<Message, "sentAt" | "fate" | "pendingUntil" | "finalAt" | "outcome" | "contradiction">

/** Draws the same number of times for every message, so that one option does not change the others' messages. */
const tell = (carrier: Carrier, settings: Settings, startedAt: number, chance: Seed.Chance): Story => {
  const day = 86_400_000
  const expired = chance.happens(settings.expired)
  const missing = chance.happens(settings.missing ?? carrier.missing)
  const never = chance.happens(settings.never ?? carrier.never)
  const failed = chance.happens(settings.failed ?? carrier.failed)
  const word = chance.weighted(carrier.failures)
  const verbose = chance.happens(0.02)
  const contradicted = chance.happens(settings.rates.contradicted)
  const sentBefore = chance.next()
  const queued = chance.next()
  const delay = carrier.delay.median * Math.exp(carrier.delay.spread * chance.normal())

  const fate: Fate = expired ? "expired" : missing ? "missing" : never ? "never" : failed ? "failed" : "delivered"
  const failure: Outcome = { status: "failed", statusDetails: word }
  const delivery: Outcome = { status: "delivered", ...(verbose && { statusDetails: "DELIVERED_TO_HANDSET" }) }
  const outcome = fate === "failed" ? failure : fate === "delivered" ? delivery : undefined
  const pending = 0.002 + queued * 0.02
  return {
    sentAt: expired
      ? Math.floor(startedAt - (settings.retentionDays + 1 + sentBefore * 30) * day)
      : Math.floor(startedAt - sentBefore * sendingTime * settings.within),
    fate,
    pendingUntil: startedAt + Math.floor(pending * settings.within),
    finalAt:
      outcome === undefined
        ? Number.POSITIVE_INFINITY
        : startedAt + Math.floor(Math.min(latest, Math.max(pending + 0.005, delay)) * settings.within),
    outcome,
    contradiction:
      outcome === undefined || !contradicted
        ? undefined
        : outcome.status === "failed"
          ? { status: "delivered" }
          : failure
  }
}
