/**
 * How the receipts of Genesys Cloud's public API are read: a normalized receipt, a message with its receipts, a session of
 * the analytics (or its extended status alone), and a receipt of POR.
 *
 * @module
 */
import { type DeliveryReceipt, PayloadFields, printable, type ReceiptProfile } from "@dlrkit/core"
import * as CloudCodes from "./CloudCodes.ts"

/** The profile of the public API: the reasons of normalized receipts, the codes of SMS receipts, and POR. */
export const profile = "genesys-cloud"

type Fields = PayloadFields.PayloadFields
type Receipt = DeliveryReceipt.DeliveryReceipt

const { message, por, receipt } = CloudCodes.statusFields

/** What a word says of where its message is. */
const statusOf = (field: string, word: string): Receipt["status"] => {
  // Handed on to the provider; of the analytics alone, and in no list.
  if (field === message && /^delivery[-_ ]?pushed$/i.test(word)) return "sent"
  if (field === message && /^received$/i.test(word)) return "ignore"
  const state = CloudCodes.find(field, word)?.row.state
  return state === "in_progress" ? "sent" : state
}

const said = (field: string, word: string) => ({
  profile,
  providerStatus: printable(word),
  status: statusOf(field, word)
})

const coded = (code: string | undefined) => (code === undefined ? {} : { code: printable(code) })

const identified = (id: string | undefined, at: string | undefined) => {
  const occurredAt = at === undefined ? Number.NaN : Date.parse(at)
  return {
    ...(id === undefined ? {} : { externalMessageId: id }),
    ...(Number.isNaN(occurredAt) ? {} : { occurredAt })
  }
}

/** The last reason that is given. */
const reasonOf = (fields: Fields) =>
  fields
    .list("reasons")
    .flatMap((reason) => reason.text("code") ?? [])
    .at(-1)

/** A normalized receipt. A failure after which another receipt is expected is no end, and its reason not read. */
const normalized = (fields: Fields): Receipt | undefined => {
  const word = fields.text("status")
  if (word === undefined) return undefined
  const channel = fields.fields("channel")
  const read = { ...said(receipt, word), ...identified(channel?.text("messageId"), channel?.text("time")) }
  if (read.status !== "failed") return read
  return fields.flag("isFinalReceipt") === false ? { ...read, status: "sent" } : { ...read, ...coded(reasonOf(fields)) }
}

/** A message: its own word, and the reason of its last receipt that tells one. */
const messageData = (fields: Fields): Receipt | undefined => {
  const word = fields.text("status")
  if (word === undefined) return undefined
  const inbound = fields.text("direction")?.toLowerCase() === "inbound"
  const read = { ...said(message, word), ...identified(fields.text("providerMessageId"), undefined) }
  if (inbound) return { ...read, status: "ignore" }
  const reasons = [...fields.list("normalizedReceipts"), fields].flatMap((one) => reasonOf(one) ?? [])
  return read.status === "failed" ? { ...read, ...coded(reasons.at(-1)) } : read
}

/**
 * A session of the analytics. Where it has no word of its own, the extended status says everything. One that the list does
 * not have is a failure that nobody explains: the codes of those that go on or arrived are few, and known.
 */
const session = (fields: Fields): Receipt | undefined => {
  const extended = fields.text("extendedDeliveryStatus")
  const word = fields.text("deliveryStatus")
  if (word === undefined) {
    if (extended === undefined) return undefined
    const receipt: Receipt = { profile, providerStatus: printable(extended), code: printable(extended) }
    return CloudCodes.byCode(receipt) === undefined ? { ...receipt, status: "failed" } : receipt
  }
  const read = said(message, word)
  return read.status === "failed" ? { ...read, ...coded(extended) } : read
}

/** A receipt of POR. Its result 0 says nothing of a message that did not arrive. */
const porReceipt = (fields: Fields): Receipt | undefined => {
  const word = fields.text("message_state")
  if (word === undefined) return undefined
  const read = said(por, word)
  const code = fields.text("result_code")
  if (read.status !== "failed" || code === undefined || code === "0") return read
  return { ...read, ...coded(code), field: CloudCodes.porField }
}

const formOf = (fields: Fields): ((fields: Fields) => Receipt | undefined) | undefined => {
  const has = (name: string) => fields.text(name) !== undefined
  const type = fields.text("type")
  if (type?.toLowerCase() === "receipt") return normalized
  if (has("message_state")) return porReceipt
  if (has("extendedDeliveryStatus") || has("deliveryStatus")) return session
  if (type !== undefined) return undefined
  return messageData
}

/** The reader of the profile `genesys-cloud`. Only ids, words, codes and times are taken: text and numbers go no further. */
export const reader: ReceiptProfile.ReceiptProfile = {
  name: profile,
  read: (payload) => {
    const fields = PayloadFields.of(payload)
    const read = fields === undefined ? undefined : formOf(fields)?.(fields)
    return read === undefined ? undefined : { receipt: read }
  },
  recognizes: (payload) => {
    const fields = PayloadFields.of(payload)
    if (fields === undefined) return false
    const isReceipt = fields.text("type")?.toLowerCase() === "receipt" && fields.flag("isFinalReceipt") !== undefined
    return isReceipt || fields.text("extendedDeliveryStatus") !== undefined
  }
}
