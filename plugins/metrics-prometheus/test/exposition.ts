import { assert } from "@effect/vitest"

/** A sample of a metric: its labels as they were before they were escaped. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A metric with all its samples. */
export interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: Array<Sample>
}

const escapes: Readonly<Record<string, string>> = { n: "\n", '"': '"', "\\": "\\" }
const value = (text: string) => (text === "+Inf" ? Number.POSITIVE_INFINITY : Number(text))

/**
 * Reads the text exposition format 0.0.4, and takes nothing that breaks its rules: a line feed ends each line, `HELP` and
 * `TYPE` come once and before the samples, a metric's samples stand together, no series twice.
 */
export const read = (text: string): ReadonlyMap<string, Family> => {
  assert.isTrue(text.endsWith("\n"))
  const families = new Map<string, Family>()
  const series = new Set<string>()
  let help: RegExpExecArray | null = null
  let family: Family | undefined
  for (const line of text.slice(0, -1).split("\n")) {
    if (line.startsWith("# HELP")) {
      help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line)
      assert.isNotNull(help, line)
      continue
    }
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line)
    if (type !== null) {
      assert.strictEqual(help?.[1], type[1], line)
      assert.isFalse(families.has(type[1]!), line)
      family = { name: type[1]!, type: type[2]!, help: help![2]!, samples: [] }
      families.set(family.name, family)
      continue
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
    assert.isNotNull(sample, line)
    const base = family!.type === "histogram" ? sample![1]!.replace(/_(bucket|sum|count)$/, "") : sample![1]
    assert.strictEqual(base, family!.name, line)
    assert.isFalse(series.has(line.slice(0, line.lastIndexOf(" "))), line)
    series.add(line.slice(0, line.lastIndexOf(" ")))

    const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[n"\\])*)"(,|$)/y
    const labels: Record<string, string> = {}
    const written = sample![2] ?? ""
    while (label.lastIndex < written.length) {
      const found = label.exec(written)
      assert.isNotNull(found, line)
      labels[found![1]!] = found![2]!.replace(/\\(.)/g, (_, escape) => escapes[escape]!)
    }
    assert.isFalse(Number.isNaN(value(sample![3]!)), line)
    family!.samples.push({ name: sample![1]!, labels, value: value(sample![3]!) })
  }
  return families
}
