/**
 * What any exporter must pass, whoever writes it: each row with all columns, whatever its cells hold; whole, or not at all.
 *
 * @module
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { Exporter, JournalStore } from "@dlrkit/core"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { excuse, type Rule, type SuiteOptions, type Violation, violationsOf } from "./ConformanceRule.ts"
import { type Doing, doing, type Faults } from "./Plainly.ts"
import { built, type Given } from "./PluginRecord.ts"
import { hostile } from "./Samples.ts"
import { register } from "./Suite.ts"
import * as VirtualTime from "./VirtualTime.ts"

/** What an export has left. */
export interface Table {
  /** The names of the columns, in their order; none where there are no rows that tell them. */
  readonly columns: ReadonlyArray<string>
  /** The cells of each row, in the order of the columns. */
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

/** A new place for an export, such as a file's name in a new folder, which nobody else has. */
export interface Place {
  /** The exporter to this place, as it is given to `defineTracker`. */
  readonly exporter: Given<Exporter.Exporter>
  /** What is there under the final name; `undefined` where there is nothing. Fails where it is torn. */
  readonly read: Doing<Table | undefined>
  /** `refuse`: the place takes nothing. */
  readonly faults?: Faults<"refuse"> | undefined
}

/** An exporter to be checked. */
export interface Subject extends SuiteOptions {
  /** Makes a new place, which is there until the scope ends. Run for every rule. */
  readonly make: Doing<Place>
}

/** A place whose exporter is built. */
interface Opened extends Omit<Place, "exporter" | "read"> {
  readonly exporter: Exporter.Exporter
  readonly read: Effect.Effect<Table | undefined, unknown, Scope.Scope>
}

const rule = (
  name: string,
  says: string,
  run: (place: Opened) => Effect.Effect<void, unknown, Scope.Scope>
): Rule<Subject> => ({
  name,
  says,
  run: ({ make }) =>
    Effect.gen(function* () {
      const { exporter, read, ...place } = yield* doing(make)
      const layer = Exporter.layer([exporter])
      yield* run({ ...place, read: doing(read), exporter: yield* built(Exporter.Exporters, layer) })
    }).pipe(Effect.scoped, VirtualTime.run)
})

type Row = Exporter.ExportRow

/** A row whose cells say where they belong, some of them changed. */
const row = (
  number: number,
  values: Partial<Record<Exporter.Column, string>> = {},
  labels: Row["labels"] = {}
): Row => ({
  values: {
    ...(Object.fromEntries(
      Exporter.columns.map((column) => [column, column === "late" ? "" : `${column} ${number}`])
    ) as Record<Exporter.Column, string>),
    ...values
  },
  labels
})

const rows = (count: number) => Array.from({ length: count }, (_, index) => row(index + 1))

/** A cell that a spreadsheet would run may be made inert with an apostrophe. */
const isCell = (found: string | undefined, expected: string) =>
  found === expected || (/^[=+\-@\t\r\n＝＋－＠]/.test(expected) && found === `'${expected}`)

/** The cells that rows have, in the order of the columns and labels. */
const cellsOf = (given: ReadonlyArray<Row>, labels: ReadonlyArray<string>) =>
  given.map((one) => [
    ...Exporter.columns.map((column) => one.values[column]),
    ...labels.map((label) => (Object.hasOwn(one.labels, label) ? one.labels[label]! : ""))
  ])

/** Throws where a table is not these rows. */
const check = (table: Table | undefined, given: ReadonlyArray<Row>, labels: ReadonlyArray<string> = []): void => {
  if (table === undefined) throw new Error("it has left nothing")
  strictEqual(table.rows.length, given.length, "it has left another number of rows")
  const wide = Exporter.columns.length + labels.length
  if (given.length > 0) {
    deepStrictEqual(table.columns.slice(0, Exporter.columns.length), Exporter.columns, "its columns are others")
    strictEqual(table.columns.length, wide, "it has another number of columns than there are columns and labels")
    strictEqual(new Set(table.columns).size, wide, "two of its columns have one name")
    for (const [index, label] of labels.entries()) {
      const column = table.columns[Exporter.columns.length + index]!
      // Signs that a place takes for no name may be replaced, and more may stand around it.
      const isNamed = /[^a-z]/i.test(label) || column.includes(label)
      ok(isNamed, `the column of the label ${label} is called ${column}`)
    }
  }
  for (const [index, cells] of cellsOf(given, labels).entries()) {
    const found: ReadonlyArray<string> = table.rows[index]!
    strictEqual(found.length, wide, `row ${index + 1} has another number of cells than there are columns`)
    const wrong = cells.findIndex((cell, at) => !isCell(found[at], cell))
    if (wrong >= 0) {
      const [is, be] = [JSON.stringify(found[wrong]), JSON.stringify(cells[wrong])]
      throw new Error(`row ${index + 1} has ${is} in the column ${table.columns[wrong]}, not ${be}`)
    }
  }
}

const write = ({ exporter }: Opened, given: ReadonlyArray<Row>, labels: ReadonlyArray<string> = []) =>
  exporter.write(Stream.fromIterable(given), labels)

/** Exports rows, and looks at what they have become. */
const exported = (place: Opened, given: ReadonlyArray<Row>, labels: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    yield* write(place, given, labels)
    check(yield* place.read, given, labels)
  })

const fault = new JournalStore.JournalError({
  reason: new JournalStore.JournalUnusable({ journal: "journal", detail: "it failed in the middle" })
})

/** Where nothing promises that an export is whole or not there, nothing of that can be asked. */
const isAtomic = ({ exporter }: Opened) =>
  exporter.supports?.atomic === false
    ? excuse("its `supports.atomic` is false: what it writes does not take the place of what was there")
    : Effect.void

/** What is there as a text, to be compared. */
const shown = (place: Opened) => Effect.map(place.read, (table) => JSON.stringify(table ?? "nothing"))

/** Throws where an export that does not come to its end leaves something behind, or takes something away. */
const leavesNothing = (place: Opened, fail: Effect.Effect<unknown, unknown, Scope.Scope>) =>
  Effect.gen(function* () {
    yield* isAtomic(place)
    yield* fail
    strictEqual(yield* shown(place), '"nothing"', "half an export stands under the final name")
    yield* exported(place, rows(3))
    const before = yield* shown(place)
    yield* fail
    strictEqual(yield* shown(place), before, "the export that was there before is not as it was")
    yield* exported(place, rows(4))
  })

/** All rules, in their order. */
export const rules: ReadonlyArray<Rule<Subject>> = [
  rule("contract", "has a name and a target, and is made for this contract of core", ({ exporter }) =>
    Effect.sync(() => {
      ok(exporter.name !== "", "its name is empty")
      ok(exporter.target !== "", "its target is empty: people read there where it writes")
    })
  ),

  rule("rows", "writes each row with all columns, in their order, however many rows there are", (place) =>
    exported(place, rows(2500))
  ),

  rule("labels", "writes labels after the columns, in their order, empty where a row has none", (place) =>
    exported(
      place,
      [
        row(1, {}, { team: "a", status: "a label that is named as a column" }),
        row(2),
        row(3, {}, { 'a label, with "signs"': "c", team: "", constructor: "d" })
      ],
      ["team", "status", 'a label, with "signs"', "constructor", "toString"]
    )
  ),

  rule("hostile-cells", "writes cells that read as they were, whatever they hold", (place) =>
    exported(
      place,
      [
        ...hostile,
        "",
        ",",
        ";",
        '"',
        '""',
        "a\r\nb",
        "a\rb",
        "\t",
        "=1+1",
        "-1+1",
        "@x",
        "{",
        "[1]",
        "true",
        "1e5"
      ].map((text, index) => row(index, { carrier: text, code: text }, { label: text })),
      ["label"]
    )
  ),

  rule("empty", "writes an export without rows", (place) => exported(place, [])),

  rule("again", "leaves the same where the same is exported again, and no row of before where others are", (place) =>
    Effect.gen(function* () {
      yield* isAtomic(place)
      yield* exported(place, rows(30))
      yield* exported(place, rows(30))
      yield* exported(place, rows(2))
    })
  ),

  rule("failing-rows", "fails as its rows do, and leaves what was there before, or nothing", (place) => {
    const failing = Stream.concat(Stream.fromIterable(rows(1500)), Stream.fail(fault))
    return leavesNothing(
      place,
      Effect.gen(function* () {
        const exit = yield* Effect.exit(place.exporter.write(failing, []))
        ok(Exit.isFailure(exit), "it succeeds though its rows failed in the middle")
        const told = exit.cause.reasons.map((reason) => (reason._tag === "Fail" ? reason.error : reason))
        ok(told.includes(fault), `it does not fail with what its rows failed with, but with ${String(exit.cause)}`)
      })
    )
  }),

  rule("interruption", "ends when it is interrupted, and leaves what was there before, or nothing", (place) =>
    leavesNothing(
      place,
      Effect.gen(function* () {
        const begun = yield* Deferred.make<void>()
        const hanging = Stream.concat(
          Stream.fromIterable(rows(1500)),
          Stream.fromEffect(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
        )
        const fiber = yield* Effect.forkChild(place.exporter.write(hanging, []))
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
      })
    )
  ),

  rule(
    "refusal",
    "fails with an ExportError where its place takes nothing, and writes all when it does again",
    (place) =>
      Effect.gen(function* () {
        const begin = place.faults?.begin.refuse
        if (place.faults === undefined || begin === undefined) {
          return yield* excuse("`make` gives no `faults.begin.refuse`: its place cannot be made to refuse")
        }
        yield* doing(begin)
        const exit = yield* Effect.exit(write(place, rows(3)))
        ok(Exit.isFailure(exit), "it succeeds though its place takes nothing")
        const error = exit.cause.reasons.find(({ _tag }) => _tag === "Fail")
        ok(
          error?._tag === "Fail" && error.error instanceof Exporter.ExportError,
          `it does not fail with an ExportError, but with ${String(exit.cause)}`
        )
        yield* doing(place.faults.end)
        if (place.exporter.supports?.atomic !== false) yield* exported(place, rows(3))
      })
  )
]

/** What an exporter does not do, though it must: of all rules, or of some by name. Needs no test runner. */
export const violations = (subject: Subject, only?: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Violation>> =>
  violationsOf(rules, subject, only)

/**
 * Tests for Vitest, one a rule.
 *
 * @example
 * ```ts
 * ExporterConformance.suite({
 *   make: Effect.map(folder, (path) => ({
 *     exporter: MyExport.exporter({ file: `${path}/messages.tsv` }),
 *     read: () => (existsSync(`${path}/messages.tsv`) ? parse(readFileSync(`${path}/messages.tsv`, "utf8")) : undefined)
 *   }))
 * })
 * ```
 */
export const suite = (subject: Subject): void => register("the exporter", rules, subject)
