/**
 * The codes of Genesys Cloud's public API and of its POR: the reasons of normalized receipts (`InvalidDestination`), the
 * codes of SMS receipts (`DEST_ADDR_INVALID`), which analytics call the extended status, the words for a status, and the
 * numbers of POR.
 *
 * Each row of the list names its source: `ConversationReason`, `RecordingMessageReceiptReason`, `MessageData` and
 * `ConversationNormalizedMessage` of Genesys's Java SDK; the list of SMS receipt codes at
 * https://help.mypurecloud.com/articles/sms-delivery-receipts, read as far as `RECIPIENT_TEMP_FAILURE`; and
 * https://docs.genesys.com/Documentation/POR/latest/http/ReceiveReceipt. What the codes mean is our reading of them.
 *
 * @module
 */
import { CodeTable, type DeliveryReceipt } from "@dlrkit/core"
import source from "./lists/genesys-cloud.json" with { type: "json" }

const table = CodeTable.load(source)

/** The fields that say where a message is, and in which of them its payload says it. */
export const statusFields = {
  message: "MessageData.status",
  receipt: "normalizedReceipts[].status",
  por: "por.message_state"
} as const

/** The field of POR's numbers, which are no words of the API. */
export const porField = "por.result_code"

/** The fields that a code without one may stand in: both speak of the same failures, and no code of the two disagrees. */
const codeFields = ["reasons[].code", "sms_receipt_code"]

/** Over the API the spelling of words is not sure: `DestAddrInvalid` is the same code as `DEST_ADDR_INVALID`. */
const same = (word: string) => word.toUpperCase().replace(/[^A-Z0-9]/g, "")

const entries = table.list.codes.flatMap(({ code, field }) => table.find(field, code) ?? [])

const spellings = new Map(
  Array.from(
    Map.groupBy(entries, ({ row }) => same(row.field)),
    ([field, rows]) => [field, new Map(rows.map((entry) => [same(entry.row.code), entry]))]
  )
)

/** What a word says in a field, however both are spelled; `undefined` where the list has no such row. */
export const find = (field: string, word: string): CodeTable.CodeEntry | undefined =>
  table.find(field, word) ?? spellings.get(same(field))?.get(same(word))

/** What a receipt's code says. */
export const byCode = ({ code, field }: DeliveryReceipt.DeliveryReceipt): CodeTable.CodeEntry | undefined => {
  if (code === undefined) return undefined
  return field === undefined ? among(codeFields, code) : find(field, code)
}

/** What a word says in the first of several fields that has it as it is spelled, or else has it at all. */
const among = (fields: ReadonlyArray<string>, word: string): CodeTable.CodeEntry | undefined => {
  let first: CodeTable.CodeEntry | undefined
  for (const field of fields) {
    const entry = find(field, word)
    if (entry?.row.code === word) return entry
    first ??= entry
  }
  return first
}

/** Whether a row tells why a message failed, or that it may not have failed at all. */
export const explains = ({ row }: CodeTable.CodeEntry): boolean =>
  row.state === "unconfirmed" || (row.state === "failed" && row.cause !== "unexplained")

/** What a failure's word for the status says. */
export const byStatus = (word: string): CodeTable.CodeEntry | undefined => {
  const entry = among(Object.values(statusFields), word)
  return entry !== undefined && entry.row.state === "failed" ? entry : undefined
}

/** The rows of the list. */
export const rows: ReadonlyArray<CodeTable.CodeEntry> = entries
