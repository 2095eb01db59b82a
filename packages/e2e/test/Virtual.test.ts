import * as Sqlite from "@dlrkit/journal-sqlite"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { mostInWindow, violations } from "./invariants.ts"
import { type Play, play, type Story } from "./virtual.ts"

const hours = (count: number) => count * 3_600_000

const succeeded = (story: Story) => {
  if (story.exit._tag === "Failure") assert.fail(`the run failed: ${String(story.exit.cause)}`)
  return story.exit.value
}

/** Plays a scenario, and fails with the first violations. */
const holds = Effect.fnUntraced(function* (scenario: Play) {
  const story = yield* play(scenario)
  const result = succeeded(story)
  assert.deepStrictEqual(violations(story).slice(0, 5), [], `seed ${scenario.simulator.seed}`)
  assert.isAtMost(mostInWindow(story.events, 60_000), story.simulator.settings.announcedPerMinute)
  return { story, result }
})

describe("the invariants hold under virtual time, with the default figures", () => {
  for (const faults of ["none", "chaos", "outage", "auth"] as const) {
    it.effect(`${faults}: receipts over half a day, many seeds`, () =>
      Effect.gen(function* () {
        for (let seed = 1; seed <= 12; seed++) {
          const { result } = yield* holds({
            simulator: { messages: 100, contacts: 25, seed, faults, within: hours(12) },
            deadline: "15 hours",
            floor: "10 seconds"
          })
          assert.strictEqual(result.summary.pending, 0)
        }
      })
    )
  }

  it.effect("chaos with many faults at once", () =>
    Effect.gen(function* () {
      for (let seed = 1; seed <= 12; seed++) {
        yield* holds({
          simulator: {
            messages: 200,
            seed,
            faults: "chaos",
            within: hours(2),
            rates: { throttled: 0.1, failing: 0.1, reset: 0.05, truncated: 0.05, cut: 0.05 }
          },
          deadline: "6 hours"
        })
      }
    })
  )

  it.effect("a hidden limit below the one that we were told is learned", () =>
    Effect.gen(function* () {
      for (const seed of [1, 2, 3]) {
        const { story } = yield* holds({
          simulator: {
            messages: 2000,
            contacts: 2000,
            seed,
            within: hours(1),
            requestsPerMinute: 100,
            announcedPerMinute: 300
          },
          deadline: "3 hours"
        })
        const { answers } = story.simulator.report()
        assert.isBelow((answers["429"] ?? 0) / (answers["200"] ?? 1), 0.01)
      }
    })
  )

  it.effect("an answer's clock that is minutes off does not shorten a Retry-After", () =>
    Effect.gen(function* () {
      for (const clockSkew of [-300_000, 300_000]) {
        yield* holds({
          simulator: {
            messages: 300,
            seed: 9,
            faults: "chaos",
            within: hours(1),
            rates: { throttled: 0.2 },
            clockSkew
          },
          deadline: "3 hours"
        })
      }
    })
  )
})

describe("large shapes", () => {
  it.effect("10,000 messages of one contact", () =>
    Effect.gen(function* () {
      const { result, story } = yield* holds({
        simulator: { messages: 10_000, contacts: 1, seed: 4, within: hours(1), messageIdLength: 60 },
        deadline: "2 hours",
        floor: "1 minute",
        journal: yield* sqlite
      })
      assert.strictEqual(result.summary.registered, 10_000)
      const last = Math.max(...story.messages.map(({ finalAt }) => finalAt ?? 0))
      const later = story.events.filter((event) => event.kind === "request" && Date.parse(event.startedAt) > last)
      assert.deepStrictEqual(later, [])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect(
    "10,000 contacts of one message each",
    () =>
      Effect.gen(function* () {
        const { result } = yield* holds({
          simulator: { messages: 10_000, contacts: 10_000, seed: 5, within: hours(0.5) },
          deadline: "1 hour",
          floor: "1 minute",
          journal: yield* sqlite
        })
        assert.strictEqual(result.summary.pending, 0)
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    90_000
  )
})

/** A journal in a file that is gone when the test ends. */
const sqlite = FileSystem.FileSystem.use((fs) =>
  Effect.map(fs.makeTempDirectoryScoped(), (folder) => Sqlite.journal({ file: `${folder}/journal.db` }))
)

describe("ends", () => {
  it.effect("a message older than the retention window is unconfirmed at once, and never asked for", () =>
    Effect.gen(function* () {
      const { result, story } = yield* holds({
        simulator: { messages: 100, seed: 6, expired: 0.3, within: hours(1) },
        deadline: "2 hours"
      })
      const expired = story.events.filter(
        (event) => event.kind === "message.unconfirmed" && event.reason === "retention"
      )
      assert.isAbove(expired.length, 10)
      assert.isAtLeast(result.summary.unconfirmed, expired.length)
      const asked = new Map(story.simulator.report().messages.map(({ asked, id }) => [id, asked]))
      for (const event of expired) assert.strictEqual("messageId" in event ? asked.get(event.messageId) : -1, 0)
    })
  )

  it.effect("an id that the platform does not return is missing, and unconfirmed after its last look", () =>
    Effect.gen(function* () {
      const { result, story } = yield* holds({
        simulator: { messages: 100, seed: 7, missing: 0.2, within: hours(1) },
        deadline: "2 hours"
      })
      assert.strictEqual(result.summary.missing, story.messages.filter(({ missing }) => missing).length)
      assert.isAbove(result.summary.missing, 5)
      const deadlines = new Map(story.messages.map(({ deadlineAt, messageId }) => [messageId, deadlineAt]))
      const late = story.messages
        .filter(({ missing }) => missing)
        .map(({ lookedAt, messageId }) => [lookedAt, deadlines.get(messageId)])
      for (const [lookedAt, deadlineAt] of late) assert.isAtLeast(lookedAt ?? 0, deadlineAt ?? 1)
    })
  )

  it.effect("`once` looks at each message once, and leaves the rest pending", () =>
    Effect.gen(function* () {
      const { result, story } = yield* holds({
        simulator: { messages: 300, seed: 8, within: hours(1) },
        once: true
      })
      assert.isAbove(result.summary.pending, 200)
      assert.isTrue(story.messages.every(({ looks }) => looks === 1))
    })
  )

  it.effect("`for` ends the run with messages pending", () =>
    Effect.gen(function* () {
      const { result } = yield* holds({
        simulator: { messages: 300, seed: 8, within: hours(1) },
        for: "10 minutes"
      })
      assert.isAbove(result.summary.pending, 0)
      assert.isAbove(result.summary.delivered, 0)
      assert.strictEqual(result.durationMs, 600_000)
    })
  )

  it.effect("short runs one after the other keep the budget together, as by cron", () =>
    Effect.gen(function* () {
      const { story } = yield* holds({
        simulator: {
          messages: 1000,
          contacts: 1000,
          seed: 12,
          faults: "chaos",
          within: hours(1),
          requestsPerMinute: 60
        },
        source: { resilience: { budget: { requests: 60 }, concurrency: 8 } },
        for: "7 seconds",
        runs: 60,
        journal: yield* sqlite
      })
      const runs = story.events.filter(({ kind }) => kind === "run.started").length
      assert.strictEqual(runs, 60)
      assert.isAtLeast(mostInWindow(story.events, 60_000), 50)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("one token serves a run within its life", () =>
    Effect.gen(function* () {
      const { story } = yield* holds({
        simulator: { messages: 500, contacts: 500, seed: 10, within: 600_000, tokenLife: 86_400 },
        deadline: "1 hour",
        source: { resilience: { concurrency: 16 } }
      })
      assert.strictEqual(story.simulator.report().requests.token, 1)
    })
  )

  it.effect("the same seed tells the same story", () =>
    Effect.gen(function* () {
      const scenario: Play = {
        simulator: { messages: 200, seed: 11, faults: "chaos", within: hours(1) },
        deadline: "2 hours"
      }
      const [one, two] = [yield* play(scenario), yield* play(scenario)]
      const relative = (story: Story) =>
        JSON.stringify(story.events).replaceAll(/"\d{4}-\d\d-\d\dT[^"]+"/g, (time) =>
          String(Date.parse(time.slice(1, -1)) - story.simulator.startedAt)
        )
      assert.strictEqual(relative(one), relative(two))
    })
  )
})
