/**
 * Finds rows that name a message which an earlier row named, without keeping the rows: a line and two digests of each,
 * in typed arrays. A million rows take 36 MB.
 *
 * A message is known by 128 bits of the SHA-1 of its ids. That two of a million messages have the same ones has the
 * probability 1.5e-27; the later one would count as a row that contradicts the earlier one, which is told, and be left
 * out. What else a row says is compared by 64 bits.
 *
 * @module
 */
import { hash } from "node:crypto"
import type { MessageRef } from "./MessageRow.ts"

/** What is known of a row's message: it is new, the same row was there, or another one that contradicts it. */
export type Seen =
  | { readonly kind: "new" }
  | { readonly kind: "same" }
  | { readonly kind: "contradiction"; readonly line: number }

/** A row is six words: four that know its message, and two that know its values. */
const words = 6

/** Rows are kept in blocks, which never move; so growing copies the index alone. */
const blockRows = 1 << 14

interface Block {
  readonly digests: Uint32Array
  readonly lines: Uint32Array
}

/** Makes a memory of one file's messages. Of rows that contradict each other, the first one stands. */
export const make = (): ((ref: MessageRef, line: number) => Seen) => {
  const blocks: Array<Block> = []
  const digest = new Uint32Array(words)
  let count = 0
  /** Numbers of rows, from 1, at the places where their messages' digests lead; 0 is a free place. */
  let index = new Uint32Array(1 << 12)

  const blockOf = (row: number) => blocks[Math.floor(row / blockRows)] as Block

  const wordOf = (row: number, word: number) => blockOf(row).digests[(row % blockRows) * words + word] as number

  const names = (row: number) => {
    for (let word = 0; word < 4; word++) if (wordOf(row, word) !== digest[word]) return false
    return true
  }

  const grow = () => {
    const larger = new Uint32Array(index.length * 2)
    for (let row = 0; row < count; row++) {
      let place = wordOf(row, 0) & (larger.length - 1)
      while (larger[place] !== 0) place = (place + 1) & (larger.length - 1)
      larger[place] = row + 1
    }
    index = larger
  }

  const add = (place: number, line: number) => {
    if (count % blockRows === 0) {
      blocks.push({ digests: new Uint32Array(blockRows * words), lines: new Uint32Array(blockRows) })
    }
    const { digests, lines } = blockOf(count)
    digests.set(digest, (count % blockRows) * words)
    lines[count % blockRows] = line
    count += 1
    index[place] = count
    if (count > index.length * 0.75) grow()
  }

  return (ref, line) => {
    digestInto(digest, 0, 4, keyOf(ref))
    digestInto(digest, 4, 2, valuesOf(ref))
    let place = (digest[0] as number) & (index.length - 1)
    for (let row = index[place] as number; row !== 0; row = index[place] as number) {
      if (names(row - 1)) {
        const same = wordOf(row - 1, 4) === digest[4] && wordOf(row - 1, 5) === digest[5]
        if (same) return { kind: "same" }
        return { kind: "contradiction", line: blockOf(row - 1).lines[(row - 1) % blockRows] as number }
      }
      place = (place + 1) & (index.length - 1)
    }
    add(place, line)
    return { kind: "new" }
  }
}

const keyOf = ({ campaignId, conversationId, messageId, outboundContactId }: MessageRef): string =>
  messageId !== undefined
    ? `m${messageId}`
    : conversationId !== undefined
      ? `c${conversationId}`
      : `o${campaignId}\n${outboundContactId}`

const valuesOf = (ref: MessageRef): string => {
  const entries = (object: object) => Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([entries({ ...ref, labels: undefined }), entries(ref.labels ?? {})])
}

/** Puts the first `length` words of a text's digest where they belong. */
const digestInto = (target: Uint32Array, from: number, length: number, text: string): void => {
  const hex = hash("sha1", text, "hex")
  for (let word = 0; word < length; word++) target[from + word] = Number.parseInt(hex.slice(word * 8, word * 8 + 8), 16)
}
