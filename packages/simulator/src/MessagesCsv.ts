/**
 * The list of messages that a tracker is given, as CSV.
 *
 * @module
 */
import type { Message } from "./Message.ts"

/** How to write each column. What only receipts tell (the carrier's own id of a message) is none of them. */
const cells = {
  messageId: ({ id }: Message) => id,
  conversationId: ({ conversationId }: Message) => conversationId,
  externalContactId: ({ externalContactId }: Message) => externalContactId,
  campaignId: ({ outboundCampaignId }: Message) => outboundCampaignId,
  outboundContactId: ({ outboundContactId }: Message) => outboundContactId,
  carrier: ({ carrier }: Message) => carrier,
  to: ({ to }: Message) => to,
  from: ({ from }: Message) => from,
  sentAt: ({ sentAt }: Message) => new Date(sentAt).toISOString(),
  campaign: ({ campaign }: Message) => campaign
}

/** A column. */
export type Column = keyof typeof cells

/** The columns that each API has a use for, in their order; the campaign's name is a label. */
export const columnsOf: Readonly<Record<"messaging" | "conversations", ReadonlyArray<Column>>> = {
  messaging: ["messageId", "externalContactId", "carrier", "to", "from", "sentAt", "campaign"],
  conversations: [
    "messageId",
    "conversationId",
    "campaignId",
    "outboundContactId",
    "carrier",
    "to",
    "from",
    "sentAt",
    "campaign"
  ]
}

/**
 * Writes messages as CSV (RFC 4180, UTF-8, one heading line, `sentAt` as ISO 8601 in UTC), with the columns that an API
 * (by default `messaging`) has a use for.
 *
 * @example
 * toCsv(simulator.messages, { api: "conversations", without: ["carrier"] })
 */
export const toCsv = (
  messages: ReadonlyArray<Message>,
  options: { readonly api?: "messaging" | "conversations"; readonly without?: ReadonlyArray<Column> } = {}
): string => {
  const kept = columnsOf[options.api ?? "messaging"].filter((column) => !options.without?.includes(column))
  const rows = messages.map((message) => kept.map((column) => quote(cells[column](message))).join(","))
  return `${[kept.join(","), ...rows].join("\r\n")}\r\n`
}

const quote = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
