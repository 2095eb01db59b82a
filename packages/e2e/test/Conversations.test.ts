import type { Message } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mostInWindow, violations } from "./invariants.ts"
import { carriers } from "./realCarriers.ts"
import { type Play, play, type Story } from "./virtual.ts"

const minutes = (count: number) => count * 60_000
const hours = (count: number) => count * 3_600_000

const succeeded = (story: Story) => {
  if (story.exit._tag === "Failure") assert.fail(`the run failed: ${String(story.exit.cause)}`)
  return story.exit.value
}

/** Plays a scenario over the conversations API, and fails with the first violations. */
const holds = Effect.fnUntraced(function* (scenario: Play) {
  const story = yield* play({
    deadline: "12 hours",
    ...scenario,
    simulator: { api: "conversations", within: hours(1), analyticsLag: 60_000, ...scenario.simulator }
  })
  const result = succeeded(story)
  const wrong = scenario.refs === undefined ? violations(story) : []
  assert.deepStrictEqual(wrong.slice(0, 5), [], `seed ${scenario.simulator.seed}`)
  assert.isAtMost(mostInWindow(story.events, 60_000), story.simulator.settings.announcedPerMinute)
  return { story, result, requests: story.simulator.report().requests }
})

const traffic = { carriers, sendingTime: minutes(20) }

describe("over the conversations API, under virtual time, the tracker ends with the truth", () => {
  for (const faults of ["none", "chaos", "outage", "auth"] as const) {
    it.effect(`faults: ${faults}`, () =>
      Effect.gen(function* () {
        for (const seed of [1, 2]) {
          const { result } = yield* holds({ simulator: { ...traffic, messages: 150, seed, faults } })
          assert.strictEqual(result.summary.pending, 0)
        }
      })
    )
  }

  it.effect("many messages in an hour are swept, and those that share a conversation looked up", () =>
    Effect.gen(function* () {
      const { requests } = yield* holds({
        simulator: { ...traffic, messages: 1500, seed: 3, sharedConversations: 0.2 },
        floor: "10 seconds"
      })
      assert.isAbove(requests.analytics, 50)
      assert.isAbove(requests.messages, 50)
    })
  )

  it.effect("messages known by their conversations alone are told apart, or left where they cannot be", () =>
    Effect.gen(function* () {
      const byConversation = (refs: ReadonlyArray<Message.MessageRef>) => refs.map(({ messageId: _, ...ref }) => ref)
      const { story } = yield* holds({
        simulator: { ...traffic, messages: 150, seed: 4, sharedConversations: 0 },
        refs: byConversation
      })
      const truth = new Map(story.simulator.report().messages.map((message) => [message.conversationId, message]))
      assert.strictEqual(story.messages.length, 150)
      for (const { conversationId, resolution } of story.messages) {
        const expected = truth.get(conversationId ?? "")?.status
        assert.strictEqual(resolution === "unconfirmed" ? undefined : resolution, expected, conversationId)
      }
    })
  )

  it.effect("without the permission for analytics by look-ups alone, without that for messages by sweeps alone", () =>
    Effect.gen(function* () {
      for (const denied of ["analytics:conversationDetail:view", "conversation:message:view"]) {
        const { requests, result, story } = yield* holds({
          simulator: { ...traffic, messages: 100, seed: 5, denied: [denied], sharedConversations: 0 }
        })
        assert.isAbove(result.summary.delivered, 80)
        assert.strictEqual(story.logs.filter((line) => line.includes(denied)).length, 1, story.logs.join("\n"))
        assert.isAtMost(denied.startsWith("analytics") ? requests.analytics : requests.messages, 10)
      }
    })
  )

  it.effect("without either permission nothing is left", () =>
    Effect.gen(function* () {
      const story = yield* play({
        simulator: {
          api: "conversations",
          messages: 20,
          denied: ["analytics:conversationDetail:view", "conversation:message:view"]
        }
      })
      assert.isTrue(story.exit._tag === "Failure" && String(story.exit.cause).includes("refuses"))
    })
  )
})

describe("one look at each message", () => {
  it.effect("of a campaign takes a request for a hundred of them, and few more", () =>
    Effect.gen(function* () {
      const messages = 20_000
      const { result } = yield* holds({
        simulator: { ...traffic, messages, seed: 6, sharedConversations: 0, campaigns: 1, sendingTime: minutes(15) },
        once: true,
        after: "30 minutes"
      })
      assert.isAtMost(result.requests, (1.05 * messages) / 100)
      assert.strictEqual(result.summary.registered, messages)
      assert.isAbove(result.summary.delivered, 0.8 * messages)
    })
  )
})
