/**
 * How the receipts of Genesys Cloud's messaging API are read: the messages of an external contact, with `status` and
 * `statusDetails`.
 *
 * @module
 */
import { type DeliveryReceipt, PayloadFields, printable, type ReceiptProfile } from "@dlrkit/core"

/** The profile of the messaging API: its `statusDetails`. */
export const profile = "genesys-messaging"

const words: ReadonlySet<string | undefined> = new Set(["pending", "sent", "delivered", "failed"])

const statusOf = (word: string): DeliveryReceipt.DeliveryReceipt["status"] => {
  const lower = word.toLowerCase()
  return words.has(lower) ? (lower as "pending" | "sent" | "delivered" | "failed") : undefined
}

/** The reader of the profile `genesys-messaging`. Only ids, words and codes are taken: text and numbers go no further. */
export const reader: ReceiptProfile.ReceiptProfile = {
  name: profile,
  read: (payload) => {
    const fields = PayloadFields.of(payload)
    const word = fields?.text("status")
    if (fields === undefined || word === undefined) return undefined
    const code = fields.text("statusDetails")
    const externalMessageId = fields.text("externalMessageId")
    return {
      receipt: {
        profile,
        providerStatus: printable(word),
        status: statusOf(word),
        ...(code === undefined ? {} : { code: printable(code) }),
        ...(externalMessageId === undefined ? {} : { externalMessageId })
      }
    }
  }
}
