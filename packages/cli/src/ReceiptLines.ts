/**
 * The lines of `dlrkit classify`: each becomes one line of output at its place.
 *
 * @module
 */
import type { ClassifiedReceipt } from "@dlrkit/core"
import * as ReceiptLine from "./ReceiptLine.ts"
import type { TextLine } from "./TextLines.ts"

/** How lines are read. */
export interface Options {
  readonly read: ClassifiedReceipt.Reader["read"]
  /** Whose receipts those are that do not say so; only then a line may be the receipt itself. */
  readonly profile: string | undefined
}

/** Reads lines, and counts what could not be read. */
export interface ReceiptLines {
  /** The output for some lines, each with its line break. */
  readonly take: (lines: ReadonlyArray<TextLine>) => string
  readonly unreadable: () => number
}

/** Makes a reader of lines. Holds nothing of what it has read. */
export const make = ({ profile, read }: Options): ReceiptLines => {
  let unreadable = 0

  const answer = (line: TextLine): string => {
    const parsed = ReceiptLine.parse(line, profile)
    const answer = typeof parsed === "string" ? parsed : read(parsed)
    if (typeof answer !== "string") return JSON.stringify(answer)
    unreadable += 1
    return JSON.stringify({ error: answer, line: line.line })
  }

  return {
    take: (lines) => {
      let output = ""
      for (const line of lines) if (line.cut || line.text.trim() !== "") output += `${answer(line)}\n`
      return output
    },
    unreadable: () => unreadable
  }
}
