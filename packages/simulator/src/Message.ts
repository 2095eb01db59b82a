/**
 * The messages that the simulated platform has sent, and what becomes of each: all decided by the seed beforehand.
 *
 * @module
 */
import type { Carrier, Delay } from "./Carriers.ts"
import * as Seed from "./Seed.ts"
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

/** One message. Times are epoch milliseconds. */
export interface Message {
  readonly id: string
  readonly conversationId: string
  readonly externalContactId: string
  readonly externalMessageId: string
  readonly carrier: string
  /** Of a range that is reserved for fiction. */
  readonly to: string
  readonly from: string
  /** The campaign's name; this and the next two are empty for a message that no campaign sent. */
  readonly campaign: string
  readonly outboundCampaignId: string
  /** Its contact's row in the campaign's list: one for each conversation. */
  readonly outboundContactId: string
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
  /** Its failure, where it fails, happens before a carrier has it. */
  readonly refused: boolean
  /** Its failure's reason stands with the message itself, not only in its conversation. */
  readonly reasonTold: boolean
}

/** Where a message is at a moment (epoch milliseconds). */
export const statusAt = (message: Message, now: number): Status => {
  if (message.outcome !== undefined && now >= message.finalAt) return message.outcome.status
  return now < message.pendingUntil ? "pending" : "sent"
}

/** The latest part of `within` in which a final receipt comes: the rest is left for the client to notice it. */
const latest = 0.95

/** How long before the start the messages were sent, at most. A fraction of `within`. */
const justBefore = 1 / 60

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

const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

const hex = (value: number) =>
  `${bytes[value >>> 24]}${bytes[(value >>> 16) & 255]}${bytes[(value >>> 8) & 255]}${bytes[value & 255]}`

/** Eight hexadecimal digits that no other index has: multiplication by an odd number is a permutation. */
const scattered = (index: number, salt: number) => hex(Math.imul(index + 1, 0x9e3779b1) ^ salt)

/** The shape of a UUID (version 4); no other index has the same with this salt. */
const uuid = (index: number, salt: number) => {
  const rest = scattered(index, Math.imul(salt, 0x85ebca6b)) + scattered(~index, salt ^ 0x27d4eb2f)
  return `${scattered(index, salt)}-${rest.slice(0, 4)}-4${rest.slice(5, 8)}-8${rest.slice(9, 12)}-${rest.slice(12)}${scattered(index, ~salt)}`
}

const names = ["spring-offer", "order-updates", "appointment-reminders"] as const

const campaigns = (settings: Settings, salt: number) =>
  Array.from({ length: settings.campaigns }, (_, index) => ({
    campaign: names[index] ?? `campaign-${index + 1}`,
    outboundCampaignId: uuid(index, salt ^ 0x1b873593)
  })) as unknown as readonly [Campaign, ...ReadonlyArray<Campaign>]

type Campaign = Pick<Message, "campaign" | "outboundCampaignId">

/** What the messages of a conversation have in common, and how many are still to come. */
interface Thread
  extends Pick<Message, "conversationId" | "outboundContactId" | "externalContactId" | "to" | "sentAt">,
    Campaign {
  readonly carrier: Carrier
  readonly isExpired: boolean
  readonly left: number
}

/** Makes messages, one after the other. */
export interface Maker {
  /** The next message, which may belong to the conversation of the last one. */
  readonly next: () => Message
  /** A message by itself: it opens a conversation, if it is given none. What is given takes the place of what is drawn. */
  readonly alone: (given: Partial<Omit<Thread, "left">>) => Message
}

/** A maker of the messages of a simulation that starts at `startedAt` (epoch milliseconds). */
export const maker = (settings: Settings, startedAt: number): Maker => {
  const salt = Seed.hash(String(settings.seed))
  const chance = Seed.make(settings.seed, "messages")
  // Draws of its own, so that the messages of the two APIs fare alike.
  const more = Seed.make(settings.seed, "conversations")
  const contacts = Array.from({ length: settings.contacts }, (_, index) => ({
    externalContactId: `contact-${scattered(index, ~salt)}`,
    to: recipient(chance)
  }))
  const weighted = settings.carriers.map((carrier) => [carrier, carrier.weight] as const)
  const known = campaigns(settings, salt)
  const filling = "0123456789abcdef".repeat(Math.ceil(settings.messageIdLength / 16))
  const messageId = (index: number) => {
    if (settings.api === "conversations") return uuid(index, salt)
    const id = `msg-${scattered(index, salt)}`
    return id + filling.slice(id.length, settings.messageIdLength)
  }
  let index = 0
  let thread: Thread | undefined

  const make = (joined: Thread | undefined, given: Partial<Omit<Thread, "left">>): readonly [Message, Thread] => {
    const drawn = chance.weighted(weighted as [readonly [Carrier, number]])
    const carrier = given.carrier ?? joined?.carrier ?? drawn
    // The messages of a conversation are sent at one moment, but in an order.
    const origin = joined && { sentAt: joined.sentAt + 1, isExpired: joined.isExpired }
    const story = tell(carrier, settings, startedAt, { ...origin, ...given }, chance, more)
    const contact = contacts[index % contacts.length] as (typeof contacts)[number]
    const campaign = chance.pick(known)
    const isShared = more.happens(settings.sharedConversations) && settings.api === "conversations"
    const others = more.whole(1, 4)
    const common = {
      conversationId: uuid(index, salt ^ 0x5f356495),
      outboundContactId: `list-${scattered(index, salt ^ 0x165667b1)}`,
      ...contact,
      ...campaign,
      ...joined,
      ...given,
      carrier
    }
    const message: Message = {
      id: messageId(index),
      conversationId: common.conversationId,
      externalContactId: common.externalContactId,
      externalMessageId: `sms-ext-${scattered(index, salt ^ 0x5bd1e995)}`,
      carrier: carrier.name,
      to: common.to,
      from: carrier.from,
      campaign: common.campaign,
      outboundCampaignId: common.outboundCampaignId,
      outboundContactId: common.outboundContactId,
      ...story
    }
    index++
    const left = joined === undefined ? (isShared ? others : 0) : joined.left - 1
    return [message, { ...common, sentAt: story.sentAt, isExpired: story.fate === "expired", left }]
  }

  return {
    next: () => {
      const [message, made] = make(thread !== undefined && thread.left > 0 ? thread : undefined, {})
      thread = made
      return message
    },
    alone: (given) => make(undefined, given)[0]
  }
}

/** The messages that a simulation begins with, by the moment at which they are sent where that takes time. */
export const makeAll = (settings: Settings, maker: Maker): ReadonlyArray<Message> => {
  const messages = Array.from({ length: settings.messages }, () => maker.next())
  return settings.sendingTime === undefined ? messages : messages.sort((a, b) => a.sentAt - b.sentAt)
}

type Story = Pick<
  Message,
  "sentAt" | "fate" | "pendingUntil" | "finalAt" | "outcome" | "contradiction" | "refused" | "reasonTold"
>

/** Draws the same number of times for every message, so that one option does not change the others' messages. */
const tell = (
  carrier: Carrier,
  settings: Settings,
  startedAt: number,
  given: Partial<Pick<Thread, "sentAt" | "isExpired">>,
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
