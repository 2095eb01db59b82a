/**
 * What others say, made safe to keep and to print.
 *
 * @module
 */

/** Text of another party on one line, without control characters, without long numbers, and not endless. */
export const printable = (text: string): string =>
  text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(/\+?\d{8,}/g, "…")
    .slice(0, 200)
