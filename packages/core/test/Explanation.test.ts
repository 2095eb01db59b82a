import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Explanation from "../src/Explanation.ts"
import * as Journal from "../src/Journal.ts"
import { digitsIn } from "../src/Message.ts"
import { meaning, message, receipt } from "./Samples.ts"
import { commit, commitConversation, layer, options, register } from "./StoredJournal.ts"

const told = (explanations: ReadonlyArray<Explanation.Explanation>) =>
  explanations.map(({ timeline }) => timeline.map(({ at, what }) => `${at.slice(11, 23)} ${what}`))

describe("an explanation", () => {
  it.effect("tells everything that happened to a message, in order, and where it stands", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* journal.startBeside(options)
      yield* register({ messageId: "m-1", conversationId: "c-1" }, { messageId: "m-2", conversationId: "c-1" })
      yield* TestClock.setTime(2000)
      yield* commit({ "m-1": "sent", "m-2": "sent" }, {}, 1000)
      yield* TestClock.setTime(5000)
      yield* commit({ "m-1": "what" }, {}, 4000)
      yield* TestClock.setTime(9000)
      const classify = () => meaning(receipt("failed"), { classifier: "acme", rule: "ACME-17" })
      yield* journal.commit({
        receipts: [{ receipt: receipt("failed", { code: "7" }) }],
        classify,
        looked: [1],
        startedAt: 8000,
        nextLook: () => 0
      })
      yield* commit({ "m-1": "delivered" }, {}, 8000)
      const [one, ...others] = yield* Explanation.explain("m-1")
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(told(one === undefined ? [] : [one]), [
        [
          "00:00:00.000 registered",
          "00:00:01.000 first look",
          "00:00:02.000 sent",
          "00:00:05.000 unrecognized",
          "00:00:08.000 last look",
          "00:00:09.000 failed",
          "00:00:09.000 conflict"
        ]
      ])
      const details = one?.timeline.map(({ detail }) => detail) ?? []
      assert.include(details[0], "by tester in run 1")
      assert.strictEqual(details[1], "of 4")
      assert.match(details[5] as string, /unexplained \(unknown\), by the rule ACME-17 of acme, code 7/)
      assert.match(one?.standing ?? "", /^failed at 1970-01-01T00:00:09.000Z, .* contradicted by delivered$/)
      assert.deepStrictEqual(
        one?.timeline.map(({ event }) => event?.seq).filter((seq) => seq !== undefined),
        [3, 5, 7, 8, 9]
      )
    }).pipe(Effect.provide(layer()))
  )

  it.effect("tells what the carrier itself says, and why the message failed by its word", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* journal.startBeside(options)
      yield* register({ messageId: "m-1" })
      const reported = { messageId: "m-1", carrier: "acme", profile: "twilio", providerStatus: "undelivered" } as const
      yield* journal.record([
        {
          kind: "message.reported",
          ...reported,
          state: "failed",
          code: "30003",
          cause: "handset_unreachable",
          category: "temporary_network"
        },
        { kind: "message.reported", ...reported, providerStatus: "delivered", state: "delivered", contradicts: true }
      ])
      const [one] = yield* Explanation.explain("m-1")
      assert.deepStrictEqual(
        one?.timeline.slice(1).map(({ detail }) => detail),
        [
          "twilio says undelivered, which is failed, handset_unreachable (temporary_network), code 30003",
          "twilio says delivered, which is delivered, it had told another end before"
        ]
      )
    }).pipe(Effect.provide(layer()))
  )

  it.effect("is of all messages of a conversation, or to a number in any spelling", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* journal.startBeside(options)
      yield* register(
        { messageId: "m-1", conversationId: "c-1", to: "+49 171 2345678" },
        { messageId: "m-2", conversationId: "c-1", to: "00491712345678" },
        { messageId: "m-3", to: "+49 171 2345679" }
      )
      const names = (text: string) =>
        Effect.map(Explanation.explain(text), (all) => all.map(({ message }) => message.messageId))
      assert.deepStrictEqual(yield* names("c-1"), ["m-1", "m-2"])
      for (const number of ["+491712345678", "0049 171 / 234-5678", "+49 (0)171 2345678", " 49.171.2345678 "]) {
        assert.deepStrictEqual(yield* names(number), ["m-1", "m-2"], number)
      }
      assert.deepStrictEqual(yield* names("m-4"), [])
      assert.deepStrictEqual(yield* names("x+491712345678"), [])
      const all = yield* Explanation.explain("c-1")
      assert.notInclude(JSON.stringify(all.map(({ standing, timeline }) => [standing, timeline])), "2345678")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("follows a message through its names, and leaves out what happened to others of its conversation", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* journal.startBeside(options)
      yield* register({ conversationId: "c-1" }, { messageId: "m-1" }, { conversationId: "c-2" })
      yield* register({ messageId: "m-2", conversationId: "c-2" })
      yield* commitConversation("c-1", "m-1", "delivered")
      const [one] = yield* Explanation.explain("m-1")
      assert.deepStrictEqual(
        one?.timeline.map(({ what }) => what),
        ["registered", "registered", "identified", "delivered", "joined"]
      )
      assert.strictEqual(one?.timeline.at(-1)?.detail, "what was registered as m-1 is the same message")
      assert.deepStrictEqual(told(yield* Explanation.explain("m-2")), [["00:00:00.000 registered"]])
      assert.strictEqual((yield* Explanation.explain("c-2")).length, 2)
    }).pipe(Effect.provide(layer()))
  )

  it("says where a message stands", () => {
    const standing = (changes: Parameters<typeof message>[0]) => Explanation.ofMessage(message(changes), []).standing
    assert.strictEqual(
      standing({ status: "sent", missing: true }),
      "sent, never returned by the platform, no final receipt yet, followed until 1970-01-01T00:01:40.000Z"
    )
    assert.strictEqual(
      standing({ status: "delivered", resolution: "delivered", finalAt: 0, late: true, dueAt: undefined }),
      "delivered at 1970-01-01T00:00:00.000Z, after it had been called unconfirmed"
    )
    assert.strictEqual(
      standing({ resolution: "unconfirmed", finalAt: 0, dueAt: undefined }),
      "unconfirmed at 1970-01-01T00:00:00.000Z, last known as pending; it may have arrived"
    )
  })

  it("takes for numbers what people write as such", () => {
    assert.strictEqual(digitsIn("+1 (512) 555‑0167"), "15125550167")
    assert.strictEqual(digitsIn("a1"), undefined)
    assert.strictEqual(digitsIn("+"), undefined)
  })
})
