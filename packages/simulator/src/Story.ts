/**
 * What becomes of a message, and when: all decided by the seed beforehand.
 *
 * @module
 */
import type { Carrier, Delay } from "./Carriers.ts"
import type * as Seed from "./Seed.ts"
import type { Settings } from "./Settings.ts"

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

/** What becomes of a message. Times are epoch milliseconds. */
export interface Story {
  /** Before that moment it does not exist. */
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
  /** It reaches its recipient, whether or not anybody is told. */
  readonly arrived: boolean
  /** Its failure, where it fails, happens before a carrier has it. */
  readonly refused: boolean
  /** Its failure's reason stands with the message itself, not only in its conversation. */
  readonly reasonTold: boolean
}

/** Where a message is at a moment (epoch milliseconds). */
export const statusAt = (message: Story, now: number): Status => {
  if (message.outcome !== undefined && now >= message.finalAt) return message.outcome.status
  return now < message.pendingUntil ? "pending" : "sent"
}

/** The latest part of `within` in which a final receipt comes: the rest is left for the client to notice it. */
const latest = 0.95

/** How long before the start the messages were sent, at most. A fraction of `within`. */
const justBefore = 1 / 60

/** Draws the same number of times for every message, so that one option does not change the others' messages. */
export const tell = (
  carrier: Carrier,
  settings: Settings,
  startedAt: number,
  given: { readonly sentAt?: number; readonly isExpired?: boolean },
  chance: Seed.Chance,
  more: Seed.Chance
): Story => {
  const day = 86_400_000
  const drawn = chance.happens(settings.expired)
  const expired = given.isExpired ?? drawn
  const missing = chance.happens(settings.missing ?? carrier.missing)
  const never = chance.happens(settings.never ?? carrier.never)
  const failed = chance.happens(settings.failed ?? carrier.failed)
  const word = chance.weighted(carrier.failures)
  const verbose = chance.happens(0.02)
  const contradicted = chance.happens(settings.rates.contradicted)
  const sent = chance.next()
  const queued = chance.next()
  const normal = chance.normal()
  const spell = more.next()
  const refused = more.happens(0.2)
  const reasonTold = more.happens(settings.reasons)

  const fate: Fate = expired ? "expired" : missing ? "missing" : never ? "never" : failed ? "failed" : "delivered"
  const failure: Outcome = { status: "failed", statusDetails: word }
  const delivery: Outcome = {
    status: "delivered",
    ...(verbose && settings.api === "messaging" && { statusDetails: "DELIVERED_TO_HANDSET" })
  }
  const outcome = fate === "failed" ? failure : fate === "delivered" ? delivery : undefined
  const longAgo = () => Math.floor(startedAt - (settings.retentionDays + 1 + sent * 30) * day)
  const lately = () =>
    settings.sendingTime === undefined
      ? Math.floor(startedAt - sent * justBefore * settings.within)
      : startedAt + Math.floor(sent * settings.sendingTime)
  const sentAt = given.sentAt ?? (expired ? longAgo() : lately())
  const begin = Math.max(startedAt, sentAt)
  const { pending, final } = isSpells(carrier.delay)
    ? lasting(carrier.delay, settings.speed, queued, normal, spell)
    : partOf(carrier.delay, settings.within, queued, normal)
  return {
    sentAt,
    fate,
    pendingUntil: begin + pending,
    finalAt: outcome === undefined ? Number.POSITIVE_INFINITY : begin + final,
    outcome,
    contradiction:
      outcome === undefined || !contradicted
        ? undefined
        : outcome.status === "failed"
          ? { status: "delivered" }
          : failure,
    arrived: !failed,
    refused,
    reasonTold
  }
}

type Spells = Extract<Delay, ReadonlyArray<unknown>>

const isSpells = (delay: Delay): delay is Spells => Array.isArray(delay)

/** How long a message is pending, and until its final receipt, in milliseconds: parts of `within`. */
const partOf = (delay: Exclude<Delay, Spells>, within: number, queued: number, normal: number) => {
  const pending = 0.002 + queued * 0.02
  const took = delay.median * Math.exp(delay.spread * normal)
  return {
    pending: Math.floor(pending * within),
    final: Math.floor(Math.min(latest, Math.max(pending + 0.005, took)) * within)
  }
}

/** The same of a list of spells: a message is sent after seconds, and in any case before its end. */
const lasting = (spells: Spells, speed: number, queued: number, normal: number, spell: number) => {
  const { median, spread } = chosen(spells, spell)
  const final = Math.max(10, Math.floor((median * Math.exp(spread * normal)) / speed))
  return { pending: Math.floor(Math.min(final / 2, (200 + queued * 2800) / speed)), final }
}

const chosen = (spells: Spells, spell: number) => {
  let left = spell * spells.reduce((sum, { weight }) => sum + weight, 0)
  for (const one of spells) {
    left -= one.weight
    if (left < 0) return one
  }
  return spells[0]
}
