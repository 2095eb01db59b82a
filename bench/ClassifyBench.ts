/**
 * How fast a table says what a receipt means, beside a chain of substring tests over the same rows. See README.md.
 */
import * as Infobip from "@dlrkit/classifier-providers/infobip"
import { Classifier, type CodeTable, type DeliveryReceipt, Taxonomy } from "@dlrkit/core"

const warmUps = 3
const rounds = 11
/** How often a round goes through all receipts. */
const repeats = 1_000

type Classify = (receipt: DeliveryReceipt.DeliveryReceipt) => Classifier.Classification | undefined

const rows = Infobip.list.codes.filter(({ state }) => state === "failed")

/** A payload that says what a row says. */
const payloadOf = ({ code, field }: CodeTable.CodeRow) => {
  const id = Number(code)
  const groupId = Number(/\(groupId (\d)\)/.exec(field)?.[1] ?? 2)
  return field.startsWith("status.id")
    ? { status: { groupId, id }, error: { groupId: 0, id: 0 } }
    : { status: { groupId: 2, id: 9 }, error: { groupId, id } }
}

const receiptOf = (row: CodeTable.CodeRow): DeliveryReceipt.DeliveryReceipt => {
  const read = Infobip.profile.read(payloadOf(row), {})
  if (read === undefined) throw new Error(`no receipt says ${row.field} ${row.code}`)
  return read.receipt
}

const table = (): Classify => {
  const classifiers = [Infobip.classifier()]
  return (receipt) =>
    Classifier.classify(classifiers, receipt, ({ detail }) => {
      throw new Error(detail)
    })
}

/** The object that the chain returns for a row. */
const wholeOf = ({ cause = "unexplained", code, field, meaning, state, ...told }: CodeTable.CodeRow) => ({
  state,
  cause,
  ...Taxonomy.adviceOf(cause, told),
  classifier: "chain",
  rule: `${field} ${code}`,
  why: meaning
})

/** One test for each row, as source text: it is at its fastest with the codes in it. */
const chain = (): Classify => {
  const longestFirst = rows.toSorted((a, b) => b.code.length - a.code.length)
  const tests = longestFirst.map(
    ({ code }, index) => `if (code.includes(${JSON.stringify(code)})) return wholes[${index}]`
  )
  const compile = new Function("wholes", `return ({ code }) => {\n${tests.join("\n")}\n}`)
  return compile(longestFirst.map(wholeOf)) as Classify
}

/** Millions a second. */
const rateOf = (classify: Classify, receipts: ReadonlyArray<DeliveryReceipt.DeliveryReceipt>): number => {
  let causes = 0
  const start = performance.now()
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const receipt of receipts) if (classify(receipt)?.cause !== undefined) causes++
  }
  const seconds = (performance.now() - start) / 1000
  if (causes !== repeats * receipts.length) throw new Error("a failure was left without a cause")
  return causes / seconds / 1e6
}

/** Runs the benchmark and prints it. */
export const run = () => {
  const receipts = rows.map(receiptOf)
  const sides = { table: table(), chain: chain() }
  const rates: Record<keyof typeof sides, Array<number>> = { table: [], chain: [] }
  console.log(`${receipts.length} receipts, one for each failure of Infobip's list, ${repeats} times a round`)
  for (let round = 0; round < warmUps + rounds; round++) {
    const table = rateOf(sides.table, receipts)
    const chain = rateOf(sides.chain, receipts)
    if (round < warmUps) continue
    rates.table.push(table)
    rates.chain.push(chain)
  }
  const median = (side: keyof typeof sides) => rates[side].sort((a, b) => a - b)[rounds >> 1] as number
  for (const side of ["table", "chain"] as const) {
    const middle = median(side).toFixed(2)
    const range = `${rates[side][0]?.toFixed(1)} to ${rates[side].at(-1)?.toFixed(1)}`
    console.log(`${`${side}:`.padEnd(9)} ${middle} million/s (median of ${rounds}, ${range})`)
  }
  console.log(`classify: ${(median("table") / median("chain")).toFixed(1)} times the chain`)
}
