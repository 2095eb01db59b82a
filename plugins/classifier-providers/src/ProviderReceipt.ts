/**
 * What the readers of all providers share: how what a payload tells becomes a receipt.
 *
 * @module
 */
import { type CodeTable, type DeliveryReceipt, PayloadFields, type ReceiptProfile } from "@dlrkit/core"

/** What a payload tells, in the provider's words. */
export interface Told {
  /** The word for the status. */
  readonly word: string | undefined
  /** What the word says; `undefined` where nobody knows it, or where there is none. */
  readonly state: DeliveryReceipt.State | undefined
  readonly code?: string | undefined
  /** Where the code stands in the list. */
  readonly field?: string | undefined
  /** The provider's id of the message. */
  readonly id?: string | undefined
  /** When it happened, in epoch milliseconds. */
  readonly at?: number | undefined
  /** When the message was sent, in epoch milliseconds. */
  readonly sentAt?: number | undefined
  /** The recipient's number. */
  readonly to?: string | undefined
}

/** No status word, code or id is longer; what is longer may be a text that somebody wrote. */
const longest = 80

const short = (text: string | undefined) => (text !== undefined && text.length <= longest ? text : undefined)

/** Makes the receipt. */
export const make = (profile: string, told: Told): ReceiptProfile.ReadReceipt => {
  const code = short(told.code)
  const receipt = {
    profile,
    providerStatus: short(told.word) ?? "",
    status: told.state === "in_progress" ? ("sent" as const) : told.state,
    code,
    field: code === undefined ? undefined : told.field,
    externalMessageId: short(told.id),
    occurredAt: told.at,
    sentAt: told.sentAt
  }
  return { receipt, recipient: told.to }
}

/** What the list says of a status word. */
export const stateIn = (
  table: CodeTable.CodeTable,
  field: string,
  word: string | undefined
): DeliveryReceipt.State | undefined => (word === undefined ? undefined : table.find(field, word)?.row.state)

/** What a word says that the list lacks. */
export const stateOf = (
  words: Readonly<Record<string, DeliveryReceipt.State>>,
  word: string | undefined
): DeliveryReceipt.State | undefined => {
  const folded = word?.toLowerCase()
  return folded !== undefined && Object.hasOwn(words, folded) ? words[folded] : undefined
}

/**
 * A code that says something. Zeros say nothing unless they are a failure in the list, and a text of several words is a
 * code only if it is in the list: nothing that somebody wrote enters the journal.
 */
export const codeIn = (table: CodeTable.CodeTable, field: string, code: string | undefined): string | undefined => {
  if (code === undefined) return undefined
  const row = table.find(field, code)?.row
  if (/^0+$/.test(code)) return row?.state === "failed" ? code : undefined
  return row !== undefined || /^\S{1,40}$/.test(code) ? code : undefined
}

/** A field within fields, by the path that lists give it: `failure.source.code`. */
export const at = (fields: PayloadFields.PayloadFields, path: string): string | undefined => {
  const [first = "", ...rest] = path.split(".")
  if (rest.length === 0) return fields.text(path)
  const inner = fields.fields(first)
  return fields.text(path) ?? (inner && at(inner, rest.join(".")))
}

/** The first of the fields that has a text. */
export const firstOf = (fields: PayloadFields.PayloadFields, ...names: ReadonlyArray<string>): string | undefined => {
  for (const name of names) {
    const text = fields.text(name)
    if (text !== undefined) return text
  }
  return undefined
}

/** The one element of a list, which may be JSON text: webhooks send batches of one. Whatever is no list, as it is. */
const alone = (payload: unknown): unknown => {
  const list = typeof payload === "string" && payload.trim().startsWith("[") ? parsed(payload) : payload
  if (!Array.isArray(list)) return list
  return list.length === 1 ? list[0] : undefined
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The fields of a payload, or of the only one in a list. */
export const fieldsOf = (payload: unknown): PayloadFields.PayloadFields | undefined => PayloadFields.of(alone(payload))
