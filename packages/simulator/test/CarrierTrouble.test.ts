import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { type Message, type Options, Simulator, SimulatorClient } from "../src/index.ts"
import { basic, make } from "./Probe.ts"

const minute = 60_000

/** The messages without trouble and with it, in pairs. */
const pairs = (options: Options, trouble: Options) =>
  Effect.gen(function* () {
    const calm = yield* Simulator.make(options)
    const troubled = yield* Simulator.make({ ...options, ...trouble })
    const byId = new Map(troubled.messages.map((message) => [message.id, message]))
    return {
      startedAt: calm.startedAt,
      pairs: calm.messages.map((before) => [before, byId.get(before.id) as Message] as const)
    }
  })

const options: Options = { messages: 4_000, within: 60 * minute, sendingTime: 60 * minute, seed: 3 }

const isDue = (message: Message, from: number, until: number) => message.finalAt >= from && message.finalAt < until

describe("carriers' troubles", () => {
  it.effect("an outage keeps receipts back, which come after it, in their order and soon", () =>
    Effect.gen(function* () {
      const outage = { carrier: "brightfen", from: 20 * minute, until: 40 * minute }
      const { pairs: made, startedAt } = yield* pairs(options, { carrierOutages: [outage] })
      const [from, until] = [startedAt + outage.from, startedAt + outage.until]
      const kept = made.filter(([before]) => before.carrier === "brightfen" && isDue(before, from, until))
      assert.isAbove(kept.length, 100)
      for (const [before, after] of kept) {
        assert.isAtLeast(after.finalAt, until)
        assert.isBelow(after.finalAt, until + minute)
        assert.deepStrictEqual({ ...after, finalAt: 0 }, { ...before, finalAt: 0 })
      }
      const order = (index: 0 | 1) =>
        kept
          .toSorted((a, b) => a[index].finalAt - b[index].finalAt || a[0].finalAt - b[0].finalAt)
          .map(([{ id }]) => id)
      assert.deepStrictEqual(order(1), order(0))
      for (const [before, after] of made.filter((pair) => !kept.includes(pair))) assert.deepStrictEqual(after, before)
    })
  )

  it.effect("of the deliveries that an outage keeps back a share fails", () =>
    Effect.gen(function* () {
      const outage = { carrier: "aldermoor", from: 20 * minute, until: 40 * minute, failed: 0.3 }
      const { pairs: made, startedAt } = yield* pairs(options, { carrierOutages: [outage] })
      const kept = made.filter(
        ([before]) =>
          before.carrier === "aldermoor" &&
          before.fate === "delivered" &&
          isDue(before, startedAt + outage.from, startedAt + outage.until)
      )
      const failed = kept.filter(([, { fate }]) => fate === "failed")
      assert.closeTo(failed.length / kept.length, 0.3, 0.08)
      for (const [before, after] of failed) {
        assert.isTrue(before.arrived)
        assert.isFalse(after.arrived)
        assert.strictEqual(after.outcome?.status, "failed")
        assert.isNotEmpty(after.outcome?.statusDetails)
      }
    })
  )

  it.effect("a silent carrier's messages arrive or fail, and nobody is told", () =>
    Effect.gen(function* () {
      const silence = { carrier: "hollin", from: 30 * minute }
      const { pairs: made, startedAt } = yield* pairs(options, { silences: [silence] })
      for (const [before, after] of made) {
        assert.strictEqual(after.arrived, before.arrived)
        if (before.carrier === "hollin" && isDue(before, startedAt + silence.from, Number.POSITIVE_INFINITY)) {
          assert.strictEqual(after.fate, "never")
          assert.isUndefined(after.outcome)
        } else assert.deepStrictEqual(after, before)
      }
      assert.isAbove(made.filter(([before, after]) => before.fate === "delivered" && after.fate === "never").length, 50)
    })
  )

  it.effect("what names no carrier is refused", () =>
    Effect.gen(function* () {
      for (const trouble of [
        { silences: [{ carrier: "nobody", from: 0 }] },
        { carrierOutages: [{ carrier: "nobody", from: 0, until: 1 }] }
      ]) {
        const made = yield* Effect.result(Simulator.make(trouble))
        assert.isTrue(Result.isFailure(made) && made.failure.message.includes("name no carrier: nobody"))
      }
    })
  )
})

describe("any client, anywhere", () => {
  it.effect("is let in with any credentials, wherever they stand, and has the limits to itself", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({
        api: "conversations",
        anyClient: true,
        requestsPerMinute: 2,
        messages: 3
      })
      const program = Effect.gen(function* () {
        const probe = make(yield* HttpClient.HttpClient, "https://gateway.test/genesys/cloud", simulator)
        const ask = (token: string) => Effect.map(probe.get("/api/v2/tokens/me", token), ({ status }) => status)
        const tokenOf = (body: string) => (JSON.parse(body) as { readonly access_token: string }).access_token
        const grant = "grant_type=client_credentials"
        const one = tokenOf((yield* probe.post("/oauth/token", grant, basic("one:secret"))).body)
        const two = tokenOf((yield* probe.post("/oauth/token", `${grant}&client_id=two&client_secret=s`)).body)
        const nobody = yield* probe.post("/oauth/token", grant)
        assert.strictEqual(nobody.status, 401)
        assert.deepStrictEqual([yield* ask(one), yield* ask(one), yield* ask(one)], [200, 200, 429])
        assert.deepStrictEqual([yield* ask(two), yield* ask(two), yield* ask(two)], [200, 200, 429])
      }).pipe(Effect.provide(SimulatorClient.layer(simulator)))
      const fiber = yield* Effect.forkChild(program)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
    })
  )
})
