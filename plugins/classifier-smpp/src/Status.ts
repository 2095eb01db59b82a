/**
 * The words for a message's state: `stat` of a receipt text, the TLV `message_state`, and `command_status` of the answer to
 * a submission.
 *
 * A receipt may say it twice. The TLV is the more reliable one (https://github.com/praekeltfoundation/vumi/pull/637), so it
 * decides, unless its number is none of SMPP's; the other word is kept where it says something else. In a
 * `DeliveryReceipt` both stand in the provider's word for the status, the one that decides first:
 * `message_state 2, UNDELIV`.
 *
 * @module
 */
import { CodeTable } from "@dlrkit/core"
import list from "./lists/smpp.json" with { type: "json" }

const table = CodeTable.make(list as CodeTable.CodeList)

/** The rows of the list. */
export const { codes } = table.list

/** Words that are written in full where the list has seven letters (https://github.com/jookies/jasmin/issues/181). */
const full: ReadonlyMap<string, string> = new Map([
  ["SCHEDULED", "SCHEDLD"],
  ["SUBMITTED", "SUBMITD"],
  ["BUFFERED", "BUFFRED"],
  ["UNDELIVERED", "UNDELIV"]
])

/** A word for the state, in the field where it stood. */
export interface Word {
  readonly field: "stat" | "message_state" | "command_status"
  readonly text: string
  readonly isNumber: boolean
  /** What the list says of it; `undefined` where it has no such word. */
  readonly entry: CodeTable.CodeEntry | undefined
}

const byStat = (word: string) => {
  const upper = word.toUpperCase()
  return table.find("stat", full.get(upper) ?? upper)
}

/** The word of a receipt's text. */
export const ofStat = (word: string): Word => ({ field: "stat", text: word, isNumber: false, entry: byStat(word) })

/** The TLV: a number, or the state's name as some libraries write it. */
export const ofMessageState = (value: string): Word => {
  const isNumber = Number.isFinite(Number(value))
  const text = isNumber ? String(Number(value)) : value
  return { field: "message_state", text, isNumber, entry: isNumber ? table.find("message_state", text) : byStat(value) }
}

/** The answer to a submission: a number, also in hexadecimal digits; `undefined` where it is none. */
export const ofCommandStatus = (value: string): Word | undefined => {
  const hex = /^0x([\da-f]{1,8})$/i.exec(value)?.[1] ?? /^0[\da-f]{7}$/i.exec(value)?.[0]
  const number = hex === undefined ? (/^\d{1,10}$/.test(value) ? Number(value) : undefined) : Number.parseInt(hex, 16)
  if (number === undefined || number > 0xffff_ffff) return undefined
  const text = `0x${number.toString(16).toUpperCase().padStart(8, "0")}`
  return { field: "command_status", text, isNumber: true, entry: table.find("command_status", text) }
}

/** What a receipt says of the state. */
export interface Status {
  readonly decides: Word
  /** The other word, where it says something else. */
  readonly against: Word | undefined
}

/** Puts the TLV and the text together; `undefined` where neither says anything. */
export const together = (tlv: Word | undefined, stat: Word | undefined): Status | undefined => {
  if (tlv === undefined || stat === undefined) {
    const decides = tlv ?? stat
    return decides && { decides, against: undefined }
  }
  const [decides, other] = tlv.entry === undefined && stat.entry !== undefined ? [stat, tlv] : [tlv, stat]
  const isSame =
    decides.entry?.row.state === other.entry?.row.state && decides.entry?.row.cause === other.entry?.row.cause
  return { decides, against: isSame ? undefined : other }
}

const wordText = ({ field, text }: Word) => (field === "stat" ? text : `${field} ${text}`)

/** How a `DeliveryReceipt` names it. */
export const written = ({ against, decides }: Status): string =>
  against === undefined ? wordText(decides) : `${wordText(decides)}, ${wordText(against)}`

const wordOf = (written: string): Word => {
  const [field, text = ""] = written.split(" ")
  if (field === "message_state") return ofMessageState(text)
  return (field === "command_status" ? ofCommandStatus(text) : undefined) ?? ofStat(written)
}

/** What is written where the list has the word, and nothing stands against it: that is, nearly always. */
const usual: ReadonlyMap<string, Status> = new Map(
  codes.map(({ code, field }) => {
    const text = field === "stat" ? code : `${field} ${code}`
    return [text, { decides: wordOf(text), against: undefined }]
  })
)

/** Reads what {@link written} wrote; of a source that writes the word alone, it is `stat`. */
export const read = (providerStatus: string): Status => {
  const known = usual.get(providerStatus)
  if (known !== undefined) return known
  const [decides = "", against] = providerStatus.split(", ")
  return { decides: wordOf(decides), against: against === undefined ? undefined : wordOf(against) }
}
