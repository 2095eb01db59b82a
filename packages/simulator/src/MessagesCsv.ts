/**
 * The list of messages that a tracker is given, as CSV.
 *
 * @module
 */
import type { Message } from "./Message.ts"

/** The columns, in their order. What only receipts tell (the carrier's own id of a message) is not among them. */
export const columns = ["messageId", "externalContactId", "carrier", "to", "from", "sentAt", "campaign"] as const
/** See {@link columns}. */
export type Column = (typeof columns)[number]

/**
 * Writes messages as CSV (RFC 4180, UTF-8, one heading line, `sentAt` as ISO 8601 in UTC).
 *
 * @example
 * toCsv(simulator.messages, { without: ["carrier"] })
 */
export const toCsv = (
  messages: ReadonlyArray<Message>,
  options: { readonly without?: ReadonlyArray<Column> } = {}
): string => {
  const kept = columns.filter((column) => !options.without?.includes(column))
  const rows = messages.map((message) => {
    const cells = { ...message, messageId: message.id, sentAt: new Date(message.sentAt).toISOString() }
    return kept.map((column) => quote(cells[column])).join(",")
  })
  return `${[kept.join(","), ...rows].join("\r\n")}\r\n`
}

const quote = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
