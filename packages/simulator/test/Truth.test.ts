import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Simulator, SimulatorClient } from "../src/index.ts"
import * as Probe from "./Probe.ts"
import { entities, messagesOf, serve } from "./Probe.ts"

const plain = { messages: 100, contacts: 1, never: 0, missing: 0 } as const
const final = (status: string) => status === "delivered" || status === "failed"

describe("the truth", () => {
  it.effect("is what was served, in chaos too, as any client can work it out", () =>
    Effect.gen(function* () {
      const served = yield* serve({
        messages: 400,
        contacts: 8,
        seed: "truth",
        faults: "chaos",
        rates: { slow: 0, throttled: 0, contradicted: 0.2 },
        requestsPerMinute: 10_000
      })
      const token = yield* served.probe.token
      const contacts = [...new Set(served.messages.map((message) => message.externalContactId))]
      const ends = new Map<string, string>()
      const conflicts = new Set<string>()
      for (let round = 0; round < 30; round++) {
        yield* TestClock.adjust(2_000)
        for (const contact of contacts) {
          const seen = yield* served.probe.get(messagesOf(contact, { pageSize: "100" }), token)
          if (seen.status !== 200 || seen.died !== undefined || !seen.body.endsWith("}")) continue
          for (const { id, status } of entities(seen)) {
            if (!final(status)) continue
            if (!ends.has(id)) ends.set(id, status)
            else if (ends.get(id) !== status) conflicts.add(id)
          }
        }
      }
      const { messages } = served.report()
      assert.deepStrictEqual(
        new Map(messages.flatMap(({ id, status }) => (status === undefined ? [] : [[id, status]]))),
        ends
      )
      assert.deepStrictEqual(
        new Set(messages.filter((message) => message.conflicts.length > 0).map(({ id }) => id)),
        conflicts
      )
      assert.isAbove(conflicts.size, 20)
      assert.isTrue(messages.every(({ status, fate }) => status === undefined || status === fate))
      assert.isTrue(messages.every(({ status, fate }) => final(fate) === (status !== undefined)))
    })
  )

  it.effect("begins with the same end each time it is served, also for a client that filters", () =>
    Effect.gen(function* () {
      const served = yield* serve({ ...plain, failed: 0.5, rates: { contradicted: 1, duplicated: 1 } })
      const token = yield* served.probe.token
      yield* TestClock.adjust(60_000)
      const contact = served.messages[0]?.externalContactId ?? ""
      const firsts = (query: Record<string, string>) =>
        served.probe.get(messagesOf(contact, { pageSize: "100", ...query }), token).pipe(
          Effect.map((seen) => {
            const first = new Map<string, string>()
            for (const { id, status } of entities(seen)) if (!first.has(id)) first.set(id, status)
            return first
          })
        )
      const one = yield* firsts({})
      assert.deepStrictEqual(yield* firsts({}), one)
      const failed = yield* served.probe.get(messagesOf(contact, { pageSize: "100", status: "failed" }), token)
      assert.isTrue(entities(failed).every(({ status }) => status === "failed"))
      const failures = yield* firsts({ status: "failed" })
      assert.deepStrictEqual(failures, new Map([...one].filter(([, status]) => status === "failed")))
    })
  )

  it.effect("knows nothing of an answer that nobody waited for", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make(plain)
      const client = SimulatorClient.make(simulator, { latency: { min: 100, max: 100 } })
      const probe = Probe.make(client, "http://simulator.test", simulator)
      const asking = yield* Effect.forkChild(probe.token)
      yield* TestClock.adjust(60_000)
      const token = yield* Fiber.join(asking)
      const path = messagesOf(simulator.messages[0]?.externalContactId ?? "")
      const impatient = yield* Effect.forkChild(probe.get(path, token).pipe(Effect.timeoutOption(99)))
      yield* TestClock.adjust(1_000)
      yield* Fiber.join(impatient)
      const served = () => simulator.report().messages.filter(({ status }) => status !== undefined).length
      assert.deepStrictEqual([simulator.report().requests.messages, served()], [1, 0])
      const patient = yield* Effect.forkChild(probe.get(path, token))
      yield* TestClock.adjust(100)
      yield* Fiber.join(patient)
      assert.strictEqual(served(), 25)
    })
  )
})
