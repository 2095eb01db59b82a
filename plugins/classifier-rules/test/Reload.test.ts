import type { Classifier } from "@dlrkit/core"
import { layer as platform } from "@dlrkit/core/node"
import { assert, describe, it } from "@effect/vitest"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Logger from "effect/Logger"
import * as PlatformError from "effect/PlatformError"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Rules from "../src/index.ts"
import { receipt } from "./Samples.ts"

/** A disk with one file, which is there or not, and the lines of the log. */
const workplace = () => {
  let content: string | undefined
  let reads = 0
  const failure = PlatformError.systemError({ _tag: "NotFound", module: "FileSystem", method: "stat" })
  const whenThere = <A>(make: (bytes: Uint8Array) => A) =>
    Effect.suspend(() =>
      content === undefined ? Effect.fail(failure) : Effect.succeed(make(new TextEncoder().encode(content)))
    )
  const fileSystem = FileSystem.makeNoop({
    stat: () =>
      whenThere((bytes) => ({ type: "File", size: ByteSize.bytes(bytes.length) }) as unknown as FileSystem.File.Info),
    readFile: () => {
      reads += 1
      return whenThere((bytes) => bytes)
    }
  })
  const logs: Array<string> = []
  const logger = Logger.layer([
    Logger.make(
      ({ logLevel, message }) => void logs.push(`${logLevel} ${Array.isArray(message) ? message : [message]}`)
    )
  ])
  return {
    write: (text: string | undefined) => {
      content = text
    },
    /** What was logged since it was last asked. */
    logged: () => logs.splice(0),
    reads: () => reads,
    run: <A, E>(body: Effect.Effect<A, E, FileSystem.FileSystem | Scope.Scope>) =>
      body.pipe(Effect.provideService(FileSystem.FileSystem, fileSystem), Effect.provide(logger))
  }
}

const one = "rules:\n  - {name: a, code: 1, cause: expired}\n"
const two = `${one}  - {name: b, code: 2, cause: expired}\n`

const ruleOf = (classifier: Classifier.Classifier, code: string) => classifier.classify(receipt({ code }))?.rule

const names = ({ rules = [] }: Classifier.Classifier) => rules.map(({ rule }) => rule)

describe("a changed file", () => {
  it.effect("is taken up while the classifier is used, without anybody having to ask anew", () => {
    const place = workplace()
    place.write(one)
    return place.run(
      Effect.gen(function* () {
        const classifier = yield* Rules.classifier({ file: "rules.yaml" })
        const { classify } = classifier
        assert.deepStrictEqual([ruleOf(classifier, "1"), ruleOf(classifier, "2")], ["a", undefined])
        place.write(two)
        yield* TestClock.adjust("5 seconds")
        assert.isUndefined(ruleOf(classifier, "2"), "it may be half of a file")
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual([ruleOf(classifier, "1"), ruleOf(classifier, "2")], ["a", "b"])
        assert.strictEqual(classify(receipt({ code: "2" }))?.rule, "b")
        assert.deepStrictEqual(names(classifier), ["a", "b"])
        assert.deepStrictEqual(place.logged(), ["Info rules reloaded: 2 rules, 1 more than before (rules.yaml)"])
        place.write(one.replace("code: 1", "code: 3"))
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual([ruleOf(classifier, "1"), ruleOf(classifier, "3")], [undefined, "a"])
        place.write(one)
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(place.logged(), [
          "Info rules reloaded: 1 rule, 1 fewer than before (rules.yaml)",
          "Info rules reloaded: 1 rule, as many as before (rules.yaml)"
        ])
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(place.logged(), [])
      })
    )
  })

  it.effect("that cannot be used changes nothing, and is told of once", () => {
    const place = workplace()
    place.write(two)
    return place.run(
      Effect.gen(function* () {
        const classifier = yield* Rules.classifier({ file: "rules.yaml" })
        const stays = Effect.fnUntraced(function* (content: string | undefined, warning: string) {
          place.write(content)
          yield* TestClock.adjust("1 minute")
          assert.deepStrictEqual(place.logged(), [`Warn the rules stay as they were: rules.yaml: ${warning}`])
          assert.deepStrictEqual(names(classifier), ["a", "b"])
        })
        yield* stays(one.replace("cause", "cuase"), 'line 2, column 24: unknown key "cuase": did you mean cause?')
        yield* stays(undefined, "no such file")
        yield* stays("", "is empty")
        yield* stays(" ".repeat(1024 * 1024 + 1), "is larger than 1 MiB: split it")
        place.write(one)
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(names(classifier), ["a"])
        assert.deepStrictEqual(place.logged(), ["Info rules reloaded: 1 rule, 1 fewer than before (rules.yaml)"])
      })
    )
  })

  it.effect("is not read while it is being written, however it is written", () => {
    const place = workplace()
    place.write(two)
    return place.run(
      Effect.gen(function* () {
        const classifier = yield* Rules.classifier({ file: "rules.yaml" })
        // As editors do: the file is emptied, or gone, for a moment; half of it would be a file of rules, too.
        for (const half of ["", undefined, one, two.slice(0, -20)]) {
          // At every tenth of the five seconds between two looks.
          for (let moment = 0; moment < 50; moment++) {
            place.write(half)
            yield* TestClock.adjust("900 millis")
            place.write(two)
            yield* TestClock.adjust("6200 millis")
          }
        }
        assert.deepStrictEqual(place.logged(), [])
        for (let length = 1; length <= 30; length++) {
          place.write(two.slice(0, length))
          yield* TestClock.adjust("900 millis")
        }
        assert.deepStrictEqual(place.logged(), [])
        assert.deepStrictEqual(names(classifier), ["a", "b"])
      })
    )
  })

  it.effect("is looked at as often as is said, until the scope ends, or never", () => {
    const place = workplace()
    place.write(one)
    return place.run(
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const build = (reload: Rules.RulesOptions["reload"] & {}) =>
          Scope.provide(Rules.classifier({ file: "rules.yaml", reload, name: "own" }), scope)
        const still = yield* build(false)
        const seldom = yield* build("1 minute")
        assert.strictEqual(seldom.name, "own")
        place.write(two)
        yield* TestClock.adjust("59 seconds")
        assert.deepStrictEqual(names(seldom), ["a"])
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual([names(seldom), names(still)], [["a", "b"], ["a"]])
        yield* Scope.close(scope, Exit.void)
        const reads = place.reads()
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(place.reads(), reads)
        const refused = yield* Effect.flip(build("soon" as "1 second"))
        assert.match(refused.message, /^the setting reload is "?soon"?: write a duration/)
      })
    )
  })

  it.effect("on a real disk is taken up when it is renamed into its place", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const file = `${folder}/rules.yaml`
      yield* fs.writeFileString(file, one)
      const classifier = yield* Rules.classifier({ file })
      yield* fs.writeFileString(`${file}.new`, two)
      yield* fs.rename(`${file}.new`, file)
      // The clock is virtual and the disk is not: the next second comes once whatever the disk has to say was heard.
      while (ruleOf(classifier, "2") === undefined) {
        yield* TestClock.adjust("1 second")
        yield* Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
      }
      assert.deepStrictEqual(names(classifier), ["a", "b"])
    }).pipe(Effect.provide(platform), Effect.provide(Logger.layer([])))
  )
})

describe("a file", () => {
  it.effect("that cannot be used at first fails with all that is wrong, in one line", () => {
    const place = workplace()
    return place.run(
      Effect.gen(function* () {
        const build = Effect.flip(Rules.classifier({ file: "rules.yaml" }))
        const missing = yield* build
        assert.strictEqual(missing._tag, "RulesError")
        assert.strictEqual(missing.message, "rules.yaml: no such file")
        place.write("rules:\n  - {code: 1}\n  - {cause: expired, codes: 2}\n")
        const wrong = yield* build
        assert.strictEqual(
          wrong.message,
          'rules.yaml: line 2: the rule has no outcome: give it a cause, or a state such as unconfirmed; line 3, column 22: unknown key "codes": did you mean code?'
        )
        assert.deepStrictEqual(place.logged(), [])
      })
    )
  })

  it.effect("with rules that can never answer, or cases that fail, is used, and warned of", () => {
    const place = workplace()
    const odd = `${one}  - {name: c, code: 1, cause: expired}\ncases:\n  - {code: 1, cause: opted_out}\n  - {code: 1, cause: expired}\n`
    const warnings = [
      'Warn rules.yaml: line 3: rule "c" can never answer: rule "a" on line 2 (code 1) answers before it',
      "Warn rules.yaml: 1 of 2 cases does not hold; dlrkit rules check rules.yaml tells which"
    ]
    place.write(odd)
    return place.run(
      Effect.gen(function* () {
        const classifier = yield* Rules.classifier({ file: "rules.yaml" })
        assert.strictEqual(ruleOf(classifier, "1"), "a")
        assert.deepStrictEqual(place.logged(), warnings)
        place.write(`${odd}\n`)
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(place.logged(), [
          "Info rules reloaded: 2 rules, as many as before (rules.yaml)",
          ...warnings
        ])
      })
    )
  })
})
