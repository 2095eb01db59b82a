/**
 * The messages that the simulated platform has sent: whose they are, and what they are called.
 *
 * @module
 */
import type { Carrier } from "./Carriers.ts"
import * as CarrierTrouble from "./CarrierTrouble.ts"
import * as Seed from "./Seed.ts"
import type { Settings } from "./Settings.ts"
import * as Story from "./Story.ts"

/** One message. Times are epoch milliseconds. */
export interface Message extends Story.Story {
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
}

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
  const troubles = Seed.make(settings.seed, "troubles of carriers")
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
    const told = Story.tell(carrier, settings, startedAt, { ...origin, ...given }, chance, more)
    const story = CarrierTrouble.befall(told, carrier, settings, startedAt, troubles)
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
