/**
 * The suppression list: which numbers are not to be sent to any more, and which receipt says so.
 *
 * Only three causes may change what is known of a recipient: `opted_out`, `invalid_number` and `unsupported_destination`.
 * They are kept apart, because a landline is no opt-out. Of a number that several receipts speak of, the strongest reason
 * stands, and of that the first receipt. A number that took a message after it had been called invalid exists, and is not
 * on the list for that.
 *
 * In memory is what those numbers need that some receipt speaks of.
 *
 * @module
 */
import { contactOf, hasArrived, type ListRow, timeText } from "./ListRow.ts"
import { digitsOf, isForgotten, type Reason, type TrackedMessage } from "./Message.ts"

/** The causes that suppress a number, the strongest first, and what they say of: all messages to it, or this channel. */
const scopes = {
  opted_out: "every message from this sender",
  invalid_number: "the number",
  unsupported_destination: "this channel"
} as const

/** A cause that suppresses a number. */
type Suppressing = keyof typeof scopes

const strongestFirst = Object.keys(scopes) as ReadonlyArray<Suppressing>

/** The columns of the list, in their order. */
export const columns = [
  "number",
  "externalContactId",
  "outboundContactId",
  "reason",
  "scope",
  "receipts",
  "messageId",
  "conversationId",
  "carrier",
  "saidBy",
  "providerStatus",
  "profile",
  "field",
  "code",
  "classifier",
  "rule",
  "at"
] as const

/** A row of the list. */
export type SuppressionRow = ListRow<(typeof columns)[number]>

/** What is known of a number for one reason. Times are epoch milliseconds. */
interface Evidence {
  receipts: number
  lastAt: number
  firstAt: number
  /** The row that the first receipt makes, but for how many there are. */
  row: Omit<SuppressionRow["values"], "receipts">
}

/** The list as it grows. Each message is to be given first to `note`, and when all have been, to `noteArrival`. */
export interface SuppressionList {
  /** Takes down what a message's receipts say of its recipient. */
  readonly note: (message: TrackedMessage) => void
  /** Takes down that a message arrived. */
  readonly noteArrival: (message: TrackedMessage) => void
  /** Whether the recipient of a message is suppressed. */
  readonly has: (message: TrackedMessage) => boolean
  /** Numbers that were called invalid, and are not on the list because they took a message later. */
  readonly working: () => number
  readonly rows: () => IterableIterator<SuppressionRow>
}

interface Said extends Reason {
  readonly saidBy: "platform" | "carrier"
  readonly cause: Suppressing
  readonly providerStatus: string
  readonly at: number | undefined
}

const isSuppressing = (reason: Reason): reason is Reason & { readonly cause: Suppressing } =>
  reason.cause !== undefined && Object.hasOwn(scopes, reason.cause)

/** What receipts of a message say of its recipient: the platform's end, what contradicts it, and the carrier's own word. */
const saidOf = (message: TrackedMessage): ReadonlyArray<Said> => {
  const { conflicts, finalAt, providerStatus = "", report, status } = message
  const said: Array<Said> = []
  if (status === "failed" && isSuppressing(message)) {
    const { cause, classifier, code, field, profile, rule } = message
    said.push({ cause, classifier, code, field, profile, rule, saidBy: "platform", providerStatus, at: finalAt })
  }
  for (const conflict of conflicts) {
    // Of these, the journal keeps no word and no time.
    if (conflict.status === "failed" && isSuppressing(conflict)) {
      said.push({ ...conflict, saidBy: "platform", providerStatus: "", at: undefined })
    }
  }
  if (report?.state === "failed" && isSuppressing(report)) {
    said.push({ ...report, saidBy: "carrier", at: report.occurredAt ?? report.recordedAt })
  }
  // A number that took this very message exists, whatever else is said.
  return said.length > 0 && hasArrived(message) ? said.filter(({ cause }) => cause !== "invalid_number") : said
}

/** The names of the recipient's contact, the number aside. */
const contactKeys = ({ ref }: TrackedMessage): ReadonlyArray<string> => [
  ...(ref.externalContactId === undefined ? [] : [`external\n${ref.externalContactId}`]),
  ...(ref.outboundContactId === undefined ? [] : [`outbound\n${ref.campaignId ?? ""}\n${ref.outboundContactId}`])
]

const numberOf = ({ ref }: TrackedMessage): string | undefined =>
  ref.to === undefined ? undefined : digitsOf(ref.to) || undefined

/** By what a recipient is known: the number, else the contact, else the message that went there. */
const keyOf = (message: TrackedMessage): string => {
  const number = numberOf(message)
  return number === undefined ? (contactKeys(message)[0] ?? `message\n${message.key}`) : number
}

const isNumber = (key: string) => /^\d/.test(key)

/** When a message arrived, by whoever says so first. */
const arrivedAt = ({ finalAt, report, resolution }: TrackedMessage): number | undefined => {
  if (resolution === "delivered") return finalAt
  return report?.state === "delivered" ? (report.occurredAt ?? report.recordedAt) : undefined
}

/** Begins a list; of one carrier's receipts alone, where it is named. */
export const make = (carrier?: string): SuppressionList => {
  const byKey = new Map<string, Partial<Record<Suppressing, Evidence>>>()
  /** Under which keys a contact is. */
  const keysOf = new Map<string, ReadonlyArray<string>>()
  const working = new Set<string>()

  const strongest = (key: string): Suppressing | undefined => {
    const found = byKey.get(key)
    return found === undefined
      ? undefined
      : strongestFirst.find((cause) => found[cause] !== undefined && !(cause === "invalid_number" && working.has(key)))
  }

  return {
    note: (message) => {
      if (isForgotten(message) || (carrier !== undefined && message.carrier !== carrier)) return
      for (const { at, cause, saidBy, ...reason } of saidOf(message)) {
        const key = keyOf(message)
        const found = byKey.get(key) ?? {}
        byKey.set(key, found)
        for (const contact of contactKeys(message)) {
          const keys = keysOf.get(contact) ?? []
          if (!keys.includes(key)) keysOf.set(contact, [...keys, key])
        }
        const when = at ?? message.finalAt ?? message.registeredAt
        const evidence = found[cause] ?? { receipts: 0, lastAt: when, firstAt: Number.POSITIVE_INFINITY, row: noRow }
        found[cause] = evidence
        evidence.receipts += 1
        evidence.lastAt = Math.max(evidence.lastAt, when)
        if (when >= evidence.firstAt) continue
        evidence.firstAt = when
        evidence.row = {
          number: message.ref.to ?? "",
          ...contactOf(message),
          reason: cause,
          scope: scopes[cause],
          messageId: message.messageId ?? "",
          conversationId: message.conversationId ?? "",
          carrier: message.carrier,
          saidBy,
          providerStatus: reason.providerStatus,
          profile: reason.profile ?? "",
          field: reason.field ?? "",
          code: reason.code ?? "",
          classifier: reason.classifier ?? "",
          rule: reason.rule ?? "",
          at: timeText(at)
        }
      }
    },
    noteArrival: (message) => {
      const at = arrivedAt(message)
      if (at === undefined) return
      const key = keyOf(message)
      const invalid = byKey.get(key)?.invalid_number
      if (invalid !== undefined && at > invalid.lastAt) working.add(key)
    },
    has: (message) => {
      if (strongest(keyOf(message)) !== undefined) return true
      // Another number of the same contact says nothing of this one; where either is not known, they may be the same.
      const isMeant = (key: string) => numberOf(message) === undefined || !isNumber(key)
      return contactKeys(message).some((contact) =>
        keysOf.get(contact)?.some((key) => isMeant(key) && strongest(key) !== undefined)
      )
    },
    working: () => working.size,
    rows: function* () {
      for (const [key, found] of byKey) {
        const cause = strongest(key)
        const evidence = cause === undefined ? undefined : found[cause]
        if (evidence === undefined) continue
        yield { values: { ...evidence.row, receipts: String(evidence.receipts) }, labels: {} }
      }
    }
  }
}

const noRow = {} as Evidence["row"]
