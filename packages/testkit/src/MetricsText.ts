/**
 * Metrics as they were published: as points, or as the text that Prometheus scrapes.
 *
 * @module
 */

/** A value of a metric. A histogram has two: its name with `_count`, and with `_sum`. */
export interface Point {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/
const escapes: Readonly<Record<string, string>> = { n: "\n", '"': '"', "\\": "\\" }

/** The points of a text in Prometheus's exposition format. Throws where a line is none of it. */
export const pointsOf = (text: string): ReadonlyArray<Point> =>
  text.split("\n").flatMap((line) => {
    if (line === "" || line.startsWith("#")) return []
    const found = sample.exec(line)
    if (found === null) throw new Error(`${JSON.stringify(line)} is no line of the exposition format`)
    const [, name = "", written = "", value] = found
    const labels: Record<string, string> = {}
    const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/y
    while (label.lastIndex < written.length) {
      const pair = label.exec(written)
      if (pair === null) throw new Error(`the labels {${written}} are none of the exposition format`)
      labels[pair[1]!] = pair[2]!.replace(/\\(.)/g, (_, escape) => escapes[escape] ?? escape)
    }
    return [{ name, labels, value: Number(value) }]
  })
