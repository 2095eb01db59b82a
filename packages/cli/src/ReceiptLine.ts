/**
 * A line of receipts, as `dlrkit classify` and `dlrkit import` take them: it holds a receipt with what is known around it,
 * or, where a profile is named, is itself a receipt as its provider sent it.
 *
 * @module
 */
import type { TextLine } from "./TextLines.ts"

/** What a line holds. */
export interface ReceiptLine {
  readonly [name: string]: unknown
}

/** Reads a line; of one that does not say whose its receipt is, that is `profile`. A text says why it cannot be read. */
export const parse = ({ cut, text: written }: TextLine, profile: string | undefined): ReceiptLine | string => {
  if (cut) return "it is longer than 1 MiB"
  const text = written.trim()
  // A text that is no JSON is a payload as it came: of an SMPP route, or form-encoded.
  const value = profile !== undefined && !/^[{"]/.test(text) ? text : parseJson(text)
  if (value instanceof Error) return value.message
  if (isObject(value) && ("receipt" in value || "parts" in value)) {
    return profile === undefined || (value.profile ?? undefined) !== undefined ? value : { ...value, profile }
  }
  return profile === undefined || !(isObject(value) || typeof value === "string") ? noLine : { profile, receipt: value }
}

const noLine =
  'it is no object with a "receipt"; where lines are receipts as their provider sends them, name it with --profile'

const isObject = (value: unknown): value is ReceiptLine =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What stands in a text. The parser's own words are not repeated, because they quote the text. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    const at = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined
    return new Error(
      `it is no JSON: ${at === undefined ? "each line must be one whole object" : `see column ${Number(at) + 1}`}`
    )
  }
}
