/**
 * What a command says while it works: logs and progress on standard error, so that standard output is the result's alone.
 * On a terminal, progress is one line that is drawn again and again; elsewhere it is a plain line now and then.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"

/** Standard error, with at most one line on it that is drawn again. */
export interface StatusLine {
  readonly live: boolean
  /** Draws the line again; where it is no terminal, prints it. */
  readonly draw: (text: string) => void
  /** Prints a line that stays. */
  readonly print: (text: string) => void
  /** Takes the drawn line away. */
  readonly clear: () => void
}

const eraseLine = "\r\u001b[2K"

/** Makes the status line of a stream. */
const make = (stream: NodeJS.WriteStream): StatusLine => {
  const live = stream.isTTY === true
  let drawn = ""
  const write = (text: string) => void stream.write(text)
  return {
    live,
    draw: (text) => {
      if (!live) return write(`${text}\n`)
      drawn = text.slice(0, Math.max(10, (stream.columns || 80) - 1))
      write(`${eraseLine}${drawn}`)
    },
    print: (text) => write(drawn === "" ? `${text}\n` : `${eraseLine}${text}\n${drawn}`),
    clear: () => {
      if (drawn !== "") write(eraseLine)
      drawn = ""
    }
  }
}

/** The process's standard error. */
export const stderr: StatusLine = make(process.stderr)

/** Logs as lines on standard error: time, level where it is not information, message. */
export const layerLogger: Layer.Layer<never> = Logger.layer([
  Logger.make(({ date, logLevel, message }) => {
    const text = (Array.isArray(message) ? message : [message]).map(String).join(" ")
    const level = logLevel === "Info" ? "" : `${logLevel.toLowerCase().replace("warn", "warning")}: `
    stderr.print(`${date.toISOString().slice(11, 19)} ${level}${text}`)
  })
])

let unprinted: string | undefined

/** Why a part of the result could not be printed, in a sentence; `undefined` where all was, or where nobody reads it. */
export const printFailure = (): string | undefined => unprinted

/** Prints a line of the result on standard output. What cannot be printed ends no command, but shows in its exit code. */
export const printResult = (text: string): Effect.Effect<void> => Effect.asVoid(printLines(`${text}\n`))

/** Prints lines of the result, each with its line break, and waits until they are taken. Answers whether anybody reads on. */
export const printLines = (text: string): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    process.stdout.write(text, (error) => {
      if (error && !isReaderGone(error)) {
        unprinted = `the result cannot be printed on standard output: ${error.message}`
      }
      resume(Effect.succeed(!error))
    })
  })

/** Whether standard output failed because whoever read it has stopped (`| head`). That is no failure of ours. */
export const isReaderGone = (error: NodeJS.ErrnoException): boolean => error.code === "EPIPE"
