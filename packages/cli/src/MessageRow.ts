/**
 * What a row of a message file means: which column holds which field, and from the cells of a row to a message.
 *
 * Names of columns are matched in any case, without spaces, `_` and `-`. A column that is none of ours becomes a label
 * of the message. One that holds the text of the message is dropped: dlrkit stores none.
 *
 * @module
 */
import { Message } from "@dlrkit/core"
import * as Result from "effect/Result"
import { parseDuration } from "./DurationText.ts"
import type { InstantParser } from "./Instant.ts"

/** A message as core takes it: how a user names it, and what they know of it. Times are epoch milliseconds. */
export type MessageRef = Message.MessageRef

type Field = Exclude<keyof MessageRef, "labels">

/** What the rows of a table are about, and so what its columns may be. Names are without case, spaces, `_` and `-`. */
export interface Kind {
  /** The fields, each with the names that a column of it may have, the best one first. */
  readonly names: Readonly<Partial<Record<Field, ReadonlyArray<string>>>>
  /** What is known of every row. */
  readonly given: MessageRef
  /** What a row must hold to have a name, in words for errors. */
  readonly needed: string
  /** Names of columns that are not kept, by why. Makes it from a header. */
  readonly unkept: (header: ReadonlyArray<string>) => ReadonlyMap<string, string>
  /** Whether a cell may be a label. */
  readonly isLabel: (cell: string) => boolean
}

/** Names of columns that hold a phone number, as message tables have them. */
export const numberNames = {
  to: ["to", "recipient", "phone", "phonenumber", "toaddress", "tonumber"],
  from: ["from", "sender", "fromaddress", "fromnumber", "senderid"]
} as const

/** Tables of messages. */
export const messages: Kind = {
  names: {
    messageId: ["messageid", "id"],
    conversationId: ["conversationid"],
    externalContactId: ["externalcontactid", "contactid"],
    externalMessageId: ["externalmessageid"],
    campaignId: ["campaignid"],
    outboundContactId: ["outboundcontactid"],
    carrier: ["carrier"],
    ...numberNames,
    sentAt: ["sentat", "sentdate", "createddate", "timestamp"],
    deadlineAt: ["deadlineat"],
    deadline: ["deadline"]
  },
  given: {},
  needed: Message.neededNames,
  unkept: () => new Map(),
  isLabel: () => true
}

/** The field that a column's name means, and how good a name for it that is. */
const fieldNamed = ({ names }: Kind, name: string): { readonly field: Field; readonly rank: number } | undefined => {
  for (const field of Object.keys(names) as Array<Field>) {
    const rank = names[field]?.indexOf(name) ?? -1
    if (rank >= 0) return { field, rank }
  }
  return undefined
}

const textNames = new Set(
  "text body textbody messagetext messagebody message content sms smstext smsbody messagecontent".split(" ")
)

/** Fields that are no texts, each with one as it is to be written. */
const notTexts: Readonly<Partial<Record<Field, string>>> = {
  sentAt: "2026-11-20T10:00:00Z",
  deadlineAt: "2026-11-20T10:00:00Z",
  deadline: "48h"
}
const numbers: ReadonlySet<Field> = new Set(["to", "from"])
const unchecked: ReadonlySet<Field> = new Set(["carrier"])

const maxColumns = 1000

/** A column's name without what people write differently. */
export const normalize = (name: string) => name.toLowerCase().replace(/[\s_-]/g, "")

/** What a column holds. `nested` is the `labels` object of NDJSON. */
export type Column =
  | { readonly kind: "field"; readonly field: Field; readonly name: string }
  | { readonly kind: "label"; readonly name: string }
  | { readonly kind: "nested"; readonly name: string }
  | { readonly kind: "dropped"; readonly name: string }

/** The columns of a file (or of one JSON object), and what its user should know about them. */
export interface Columns {
  readonly kind: Kind
  readonly columns: ReadonlyArray<Column>
  readonly notices: ReadonlyArray<string>
}

/** How many of the names are columns that we know. Tells a right separator from a wrong one. */
export const countKnown = (kind: Kind, header: ReadonlyArray<string>): number =>
  header.map(normalize).filter((name) => fieldNamed(kind, name) !== undefined || textNames.has(name)).length

/**
 * Finds what each column holds, from its name.
 *
 * Where two columns could be one field, the better name has it (`messageId` before `id`) and the other one becomes a
 * label; a second column of phone numbers is dropped, because those stand in the journal alone. Columns without a name
 * are called `column 3`, and a name that occurs twice `note (2)`.
 *
 * @returns the columns in their order, or why the names cannot be used
 */
export const columnsOf = (
  kind: Kind,
  header: ReadonlyArray<string>,
  options: { readonly nestedLabels: boolean }
): Result.Result<Columns, string> => {
  if (header.length > maxColumns) return Result.fail(`more than ${maxColumns} columns`)
  const damage = header.map(damageOf).find((problem) => problem !== undefined)
  if (damage !== undefined) return Result.fail(`the name of a column ${damage}`)
  const best = new Map<Field, { readonly rank: number; readonly name: string }>()
  for (const name of header) {
    const known = fieldNamed(kind, normalize(name))
    if (known === undefined) continue
    const other = best.get(known.field)
    if (other?.rank === known.rank) {
      return Result.fail(`the columns ${quote(other.name)} and ${quote(name)} both name the ${known.field}: keep one`)
    }
    if (other === undefined || known.rank < other.rank) best.set(known.field, { rank: known.rank, name })
  }
  const unkept = kind.unkept(header)
  const left = new Map<string, Array<string>>()
  const notices: Array<string> = []
  const taken = new Set<string>()
  const label = (wanted: string): Column => {
    let name = wanted
    for (let n = 2; taken.has(name); n++) name = `${wanted} (${n})`
    taken.add(name)
    return { kind: "label", name }
  }
  const columns = header.map((written, index): Column => {
    const name = written.trim()
    const normal = normalize(name)
    if (options.nestedLabels && normal === "labels") return { kind: "nested", name }
    if (textNames.has(normal)) {
      notices.push(`the column ${quote(name)} is not kept: dlrkit stores no text of messages`)
      return { kind: "dropped", name }
    }
    const why = unkept.get(normal)
    if (why !== undefined) {
      left.set(why, [...(left.get(why) ?? []), name])
      return { kind: "dropped", name }
    }
    const known = fieldNamed(kind, normal)
    if (known === undefined) return label(name === "" ? `column ${index + 1}` : name)
    if (best.get(known.field)!.name === written) return { kind: "field", field: known.field, name }
    if (!numbers.has(known.field)) return label(name)
    const used = best.get(known.field)!.name
    notices.push(`the column ${quote(name)} is not kept: ${quote(used)} gives the ${known.field} number already`)
    return { kind: "dropped", name }
  })
  for (const [why, names] of left) {
    const shown = names.slice(0, 3).map(quote).join(", ")
    notices.push(`not kept: ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ""} (${why})`)
  }
  return Result.succeed({ columns, notices, kind })
}

/** Whether rows with these columns can name messages at all. */
export const hasId = ({ columns, kind }: Columns): boolean =>
  Message.isNamed({
    ...kind.given,
    ...Object.fromEntries(columns.flatMap((column) => (column.kind === "field" ? [[column.field, column.name]] : [])))
  })

/**
 * Makes a message of a row's cells, as many as there are columns.
 *
 * @returns the message, or in one line what is wrong with the row
 */
export const messageOf = (
  { columns, kind }: Columns,
  cells: ReadonlyArray<unknown>,
  parseInstant: InstantParser
): Result.Result<MessageRef, string> => {
  const ref: { -readonly [F in keyof MessageRef]?: unknown } = { ...kind.given }
  const labels = new Map<string, string>()
  for (const [index, column] of columns.entries()) {
    const cell = cells[index]
    if (column.kind === "dropped" || cell === null || cell === undefined || cell === "") continue
    if (column.kind === "field") {
      const value = fieldOf(column.field, cell, parseInstant)
      if (Result.isFailure(value)) return Result.fail(`${quote(column.name)} ${value.failure}`)
      if (value.success !== undefined) ref[column.field] = value.success
      continue
    }
    const problem = addLabels(kind, column, cell, labels)
    if (problem !== undefined) return Result.fail(problem)
  }
  if (ref.deadline !== undefined && ref.deadlineAt !== undefined) {
    return Result.fail("both a deadline and a deadlineAt: keep one")
  }
  if (!Message.isNamed(ref as MessageRef)) return Result.fail(`no id: it needs ${kind.needed}`)
  // Object.fromEntries makes own properties, so a label named __proto__ is a label like any other.
  return Result.succeed((labels.size > 0 ? { ...ref, labels: Object.fromEntries(labels) } : ref) as MessageRef)
}

const fieldOf = (
  field: Field,
  cell: unknown,
  parseInstant: InstantParser
): Result.Result<string | number | undefined, string> => {
  const example = notTexts[field]
  if (typeof cell !== "string") {
    return Result.fail(`must be a text in quotes${example === undefined ? "" : `, like ${example}`}`)
  }
  const text = cell.trim()
  if (text === "") return Result.succeed(undefined)
  const damage = damageOf(text)
  if (damage !== undefined) return Result.fail(damage)
  if (/[\p{Cc}\p{Cf}]/u.test(text)) return Result.fail("holds a line break, a tab or an invisible character")
  if (field === "deadline") {
    return Result.mapError(parseDuration(text), (expected) => `${quote(text)} is no duration: write ${expected}`)
  }
  if (example !== undefined) return Result.mapError(parseInstant(text), (problem) => `${quote(text)} ${problem}`)
  if (!unchecked.has(field) && /^[+-]?\d([.,]\d+)?E[+-]\d{2,3}$/i.test(text)) {
    const shown = numbers.has(field) ? "" : `${quote(text)} `
    return Result.fail(`${shown}was rounded by a spreadsheet: make the column text there and export it again`)
  }
  return Result.succeed(text)
}

/** Adds what the cell of a label column says. Returns what is wrong with it. */
const addLabels = (kind: Kind, column: Column, cell: unknown, labels: Map<string, string>): string | undefined => {
  if (column.kind === "nested") {
    if (typeof cell !== "object" || cell === null || Array.isArray(cell)) {
      return `${quote(column.name)} must be an object of labels`
    }
    for (const [name, value] of Object.entries(cell)) {
      if (textNames.has(normalize(name)) || value === null || value === "") continue
      const problem = damageOf(name) ?? addLabels(kind, { kind: "label", name }, value, labels)
      if (problem !== undefined) return problem
    }
    return undefined
  }
  if (typeof cell === "object") return `${quote(column.name)} is nested: a label is a text, a number, true or false`
  const text = String(cell)
  if (text.trim() === "" || !kind.isLabel(text)) return undefined
  const damage = damageOf(text)
  if (damage !== undefined) return `${quote(column.name)} ${damage}`
  if (labels.has(column.name)) return `the label ${quote(column.name)} is given twice`
  labels.set(column.name, text)
  return undefined
}

/** What shows that a text is not what its writer meant. */
const damageOf = (text: string): string | undefined => {
  if (text.includes("\u0000")) return "holds a NUL byte: this is not a text file, or a damaged one"
  if (text.includes("\ufffd")) return "holds bytes that are not UTF-8, or U+FFFD in their place: save the file as UTF-8"
  return undefined
}

/** Shows a value in an error: short, and with nothing in it that a terminal obeys. */
export const quote = (text: string): string => {
  const shown = text.trim()
  return JSON.stringify(shown.length > 60 ? `${shown.slice(0, 60)}…` : shown).replace(/\p{C}/gu, "?")
}
