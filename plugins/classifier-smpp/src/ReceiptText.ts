/**
 * The text of an SMPP delivery receipt: `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…`.
 *
 * SMPP 3.4 calls the format vendor specific, and this form an example. So any field may be missing, in any order and any
 * letter case, with white space or raw bytes around it; a value ends at the next label. The message's own words, after
 * `text:`, may hold the words of labels themselves. What stands before `text:` therefore goes first, and the first of it;
 * only a field that stands there not at all is looked for behind `text:`, and there the last one counts, because the
 * message's words come before the fields that follow them.
 *
 * Sources of the variations: https://github.com/fizzed/cloudhopper-smpp (DeliveryReceiptTest),
 * https://github.com/opentelecoms-org/jsmpp/issues/62, https://github.com/onlinecity/php-smpp/issues/70,
 * https://github.com/jookies/jasmin/issues/195.
 *
 * @module
 */
import { epochOf } from "./ReceiptDate.ts"

/** What a receipt text says; nothing of the message's own words is kept. */
export interface ReceiptText {
  /** As it stands there: decimal, hexadecimal, or any other form. */
  readonly id: string | undefined
  readonly stat: string | undefined
  readonly err: string | undefined
  /** In epoch milliseconds. */
  readonly submittedAt: number | undefined
  /** In epoch milliseconds. */
  readonly doneAt: number | undefined
  /** Whether a text of this form is a receipt, and no message that somebody wrote. */
  readonly isReceipt: boolean
}

/** White space, and the control characters of raw headers and of C's strings. */
const gap = /[\s\p{Cc}]+/gu

/** A label, where every gap is one space: no part of it can match in two ways, so that it is found in linear time. */
const label = /(?<![^ :])(id|sub|dlvrd|submit date|done date|stat|err|text) ?:/gi

/** No id, word or code is longer (SMPP 3.4 §4.1 allows 65 octets for an id); what is, is junk. */
const longest = 255

/** Reads a text; whatever it is, in time linear in its length. */
export const parse = (raw: string): ReceiptText => {
  const text = raw.replace(gap, " ")
  const before = new Map<string, string>()
  const behind = new Map<string, string>()
  let isBehind = false
  const take = (name: string, value: string | undefined) => {
    isBehind ||= name === "text"
    if (value === undefined) return
    if (isBehind) behind.set(name, value)
    else if (!before.has(name)) before.set(name, value)
  }
  let last: { readonly name: string; readonly from: number } | undefined
  for (const found of text.matchAll(label)) {
    if (last !== undefined) take(last.name, firstWord(text.slice(last.from, found.index)))
    last = { name: (found[1] as string).toLowerCase(), from: found.index + found[0].length }
  }
  if (last !== undefined) take(last.name, firstWord(text.slice(last.from)))

  const field = (name: string) => before.get(name) ?? behind.get(name)
  const has = (name: string) => field(name) !== undefined
  return {
    id: field("id"),
    stat: field("stat"),
    err: field("err"),
    submittedAt: epochOf(field("submit date") ?? ""),
    doneAt: epochOf(field("done date") ?? ""),
    isReceipt: has("stat") || (has("id") && (has("err") || has("dlvrd") || has("done date")))
  }
}

/** The first word of a value; `undefined` where there is none, or where it is too long to be one. */
const firstWord = (value: string): string | undefined => {
  const text = value.trimStart()
  const end = text.indexOf(" ")
  const word = end === -1 ? text : text.slice(0, end)
  return word.length > 0 && word.length <= longest ? word : undefined
}
