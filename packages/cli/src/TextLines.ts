/**
 * Turns the bytes of a text file into lines, as they arrive.
 *
 * Reads UTF-8 with or without a byte-order mark and UTF-16 (little or big endian; without a mark where the zero bytes
 * show it), and lines that end in LF, CRLF or CR. A byte sequence that is no character becomes U+FFFD, which whoever
 * reads the line must refuse. Used for everything that a user hands to the command line as a table.
 *
 * @module
 */
import { TextDecoder } from "node:util"
import * as Result from "effect/Result"

/** One physical line. */
export interface TextLine {
  /** Its number in the file, from 1. */
  readonly line: number
  /** Its text without the line break; the beginning only, where `cut`. */
  readonly text: string
  /** The line break as written; empty at the end of the file. */
  readonly lineBreak: string
  /** It was longer than {@link maxLineLength} and is not all here. */
  readonly cut: boolean
}

/** The longest line, in UTF-16 code units: 1 MiB. */
export const maxLineLength = 1024 * 1024

/** A stateful reader: `push` the chunks in order, then `end` once. Failures say why the bytes cannot be text. */
export interface TextLines {
  readonly push: (bytes: Uint8Array) => Result.Result<ReadonlyArray<TextLine>, string>
  readonly end: () => Result.Result<ReadonlyArray<TextLine>, string>
}

/** Makes a reader of one file's lines. Holds no more than one line and one chunk. */
export const make = (): TextLines => {
  const split = makeSplitter()
  let head: Uint8Array = new Uint8Array(0)
  let decoder: TextDecoder | undefined

  const begin = (): Result.Result<TextDecoder, string> =>
    Result.map(encodingOf(head), (encoding) => {
      decoder = new TextDecoder(encoding)
      return decoder
    })

  return {
    push: (bytes) => {
      if (decoder !== undefined) return Result.succeed(split(decoder.decode(bytes, { stream: true }), false))
      head = Buffer.concat([head, bytes])
      if (!showsItsEncoding(head)) return Result.succeed([])
      return Result.map(begin(), (decoder) => split(decoder.decode(head, { stream: true }), false))
    },
    end: () => {
      if (decoder !== undefined) return Result.succeed(split(decoder.decode(), true))
      return Result.map(begin(), (decoder) => split(decoder.decode(head), true))
    }
  }
}

const LF = 10
const CR = 13

/** A whole line is enough to judge by; so is the first part of a long one. */
const showsItsEncoding = (head: Uint8Array) =>
  head.length >= 65_536 || (head.length >= 4 && (head.includes(LF) || head.includes(CR)))

const magic: ReadonlyArray<readonly [bytes: ReadonlyArray<number>, what: string]> = [
  [[0x50, 0x4b, 0x03, 0x04], "an Excel workbook or a zip archive: save the table as CSV (UTF-8) first"],
  [[0xd0, 0xcf, 0x11, 0xe0], "an old Excel workbook: save the table as CSV (UTF-8) first"],
  [[0x1f, 0x8b], "a gzip archive: unpack it first"]
]

const encodingOf = (head: Uint8Array): Result.Result<"utf-8" | "utf-16le" | "utf-16be", string> => {
  const startsWith = (bytes: ReadonlyArray<number>) => bytes.every((byte, index) => head[index] === byte)
  const found = magic.find(([bytes]) => startsWith(bytes))
  if (found !== undefined) return Result.fail(`it is ${found[1]}`)
  if (startsWith([0xff, 0xfe])) return Result.succeed("utf-16le")
  if (startsWith([0xfe, 0xff])) return Result.succeed("utf-16be")
  // In UTF-16 every second byte of ASCII is zero; of other characters only a few have a zero byte.
  const sample = head.subarray(0, 4096)
  const zeros = [0, 0]
  sample.forEach((byte, index) => {
    if (byte === 0) zeros[index % 2]! += 1
  })
  const [even, odd] = zeros as [number, number]
  if (odd * 8 > sample.length && odd > even * 4) return Result.succeed("utf-16le")
  if (even * 8 > sample.length && even > odd * 4) return Result.succeed("utf-16be")
  return Result.succeed("utf-8")
}

/** Cuts text at its line breaks. A CR at the end of a chunk waits, because an LF may follow. */
const makeSplitter = () => {
  let line = 1
  let rest = ""
  let skipping = false

  return (text: string, last: boolean): ReadonlyArray<TextLine> => {
    const lines: Array<TextLine> = []
    const emit = (text: string, lineBreak: string) => {
      if (!skipping) {
        const cut = text.length > maxLineLength
        lines.push({ line, text: cut ? text.slice(0, 200) : text, lineBreak, cut })
      }
      skipping = false
      line++
    }
    const buffer = rest + text
    const breaks = /\r\n?|\n/g
    let from = 0
    for (let found = breaks.exec(buffer); found !== null; found = breaks.exec(buffer)) {
      if (found[0] === "\r" && breaks.lastIndex === buffer.length && !last) break
      emit(buffer.slice(from, found.index), found[0])
      from = breaks.lastIndex
    }
    rest = buffer.slice(from)
    if (rest.length > maxLineLength) {
      if (!skipping) lines.push({ line, text: rest.slice(0, 200), lineBreak: "", cut: true })
      skipping = true
      rest = rest.endsWith("\r") ? "\r" : ""
    }
    if (last && rest !== "") emit(rest, "")
    return lines
  }
}
