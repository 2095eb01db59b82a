import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { defineClassifier, layer } from "../src/Classifier.ts"
import { accepted, acceptedLayer, buildAll, ContractMismatch, contract } from "../src/Plugin.ts"

const record = (name: string, madeFor?: number) => ({ name, ...(madeFor === undefined ? {} : { contract: madeFor }) })

describe("the contract of plugins", () => {
  it("is written by whoever defines one, unless it says another", () => {
    assert.strictEqual(defineClassifier({ name: "a", classify: () => undefined }).contract, contract)
    assert.strictEqual(defineClassifier({ name: "a", classify: () => undefined, contract: 7 }).contract, 7)
  })

  it.effect("lets records of this contract through, and those that name none", () =>
    Effect.gen(function* () {
      for (const one of [record("a"), record("b", contract)]) {
        assert.strictEqual(yield* accepted("audit sink", one), one)
      }
    })
  )

  it.effect("refuses others, with both versions and what to do", () =>
    Effect.gen(function* () {
      const older = yield* Effect.flip(accepted("audit sink", record("ledger", contract - 1)))
      assert.instanceOf(older, ContractMismatch)
      assert.strictEqual(
        older.message,
        `the audit sink ledger is made for contract ${contract - 1} of @dlrkit/core, and this one has contract ${contract}: update the plugin, or ask its author for a version that is made for this contract`
      )
      const newer = yield* Effect.flip(accepted("classifier", record("acme", contract + 1)))
      assert.include(newer.message, `made for contract ${contract + 1} of @dlrkit/core`)
      assert.include(newer.message, "update @dlrkit/core")
      const wrong = yield* Effect.flip(accepted("classifier", { name: "acme", contract: "one" as never }))
      assert.include(wrong.message, 'made for contract "one"')
      const text = yield* Effect.flip(accepted("classifier", { name: "acme", contract: String(contract) as never }))
      assert.include(
        text.message,
        `made for contract "${contract}" of @dlrkit/core, and this one has contract ${contract}`
      )
    })
  )

  it.effect("holds for records that an Effect builds too, and keeps their order", () =>
    Effect.gen(function* () {
      const build = (...plugins: ReadonlyArray<ReturnType<typeof record> | Effect.Effect<ReturnType<typeof record>>>) =>
        buildAll<ReturnType<typeof record>, (typeof plugins)[number]>("exporter", plugins)
      const built = yield* build(record("a"), Effect.succeed(record("b", contract)), record("c"))
      assert.deepStrictEqual(
        built.map(({ name }) => name),
        ["a", "b", "c"]
      )
      const refused = yield* Effect.flip(build(record("a"), Effect.succeed(record("b", contract + 1))))
      assert.deepInclude(refused, { kind: "exporter", plugin: "b", madeFor: contract + 1, core: contract })
    }).pipe(Effect.scoped)
  )

  it.effect("keeps a classifier of another contract out of a tracker", () =>
    Effect.gen(function* () {
      const foreign = defineClassifier({ name: "acme", classify: () => undefined, contract: contract + 1 })
      const error = yield* Effect.flip(Effect.scoped(Layer.build(layer([foreign]))))
      assert.strictEqual(error._tag, "ContractMismatch")
    })
  )

  it.effect("refuses what is no plugin, with what is wrong with it", () =>
    Effect.gen(function* () {
      const refusal = (given: unknown) =>
        Effect.map(
          Effect.flip(Effect.scoped(Layer.build(layer(given as never)))),
          ({ message }) => message.slice("what the configuration gives is no classifier: ".length).split(";")[0]
        )
      assert.strictEqual(yield* refusal([null]), "it is null")
      assert.strictEqual(yield* refusal([() => undefined]), "it is undefined")
      assert.strictEqual(yield* refusal([Promise.resolve({ name: "acme" })]), "it is a promise")
      assert.strictEqual(yield* refusal(["acme"]), 'it is "acme"')
      assert.strictEqual(yield* refusal([{}]), "it has no `name`")
      assert.strictEqual(yield* refusal([{ name: "acme" }]), '"acme" has no `classify`')
      assert.strictEqual(yield* refusal({ name: "acme", classify: () => undefined }), "it stands in no list")
      for (const [given, found] of [
        [undefined, "it is undefined, and no layer"],
        [{ name: "board", publish: () => {} }, "it is an object, and no layer"]
      ] as const) {
        const error = yield* Effect.flip(acceptedLayer("metric exporter", given as never))
        assert.include(error.message, `is no metric exporter: ${found}; give`)
      }
    })
  )
})
