/**
 * The terminal of a world: takes what the process writes to its standard streams, instead of showing it.
 *
 * @module
 */
import * as Effect from "effect/Effect"

/** A terminal. */
export interface Terminal {
  /** While this runs, what is written comes here. */
  readonly capture: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The last line of standard output that says something. */
  readonly lastLine: () => string
  /** What the program itself would have written. */
  readonly tell: (text: string) => void
  readonly clear: () => void
  /** Everything that was ever written, to either stream. */
  readonly all: () => string
}

/** Makes a terminal. */
export const make = (): Terminal => {
  let out: Array<string> = []
  const all: Array<string> = []
  const taking =
    (lines: () => Array<string> | undefined): NodeJS.WriteStream["write"] =>
    (text: string | Uint8Array, ...rest: ReadonlyArray<unknown>) => {
      all.push(String(text))
      lines()?.push(String(text))
      const written = rest.find((one) => typeof one === "function") as (() => void) | undefined
      written?.()
      return true
    }
  return {
    capture: (effect) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          const real = { out: process.stdout.write, err: process.stderr.write }
          process.stdout.write = taking(() => out)
          process.stderr.write = taking(() => undefined)
          return real
        }),
        () => effect,
        (real) =>
          Effect.sync(() => {
            process.stdout.write = real.out
            process.stderr.write = real.err
          })
      ),
    lastLine: () =>
      out
        .join("")
        .split("\n")
        .findLast((line) => line !== "") ?? "",
    tell: (text) => void all.push(text),
    clear: () => {
      out = []
    },
    all: () => all.join("")
  }
}
