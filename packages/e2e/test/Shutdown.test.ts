import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { lines, platform, type Running, workplace } from "./command.ts"

/** A few messages of one contact, whose receipts are all there; the platform answers as each test says. */
const few = { messages: 20, contacts: 1, within: 1, never: 0, missing: 0 } as const

/** A stop takes no longer, on whichever machine. Milliseconds. */
const within = 8000

/** Waits for something that only shows when one looks; the processes that it waits for need the processor more. */
const until = (holds: () => boolean) =>
  Effect.promise(async () => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
  })

/** Sends a signal, and gives how the command ended. */
const stop = (running: Running, signal: "SIGTERM" | "SIGINT") =>
  Effect.promise(async () => {
    running.child.kill(signal)
    const from = performance.now()
    const ended = await running.ended
    assert.isBelow(performance.now() - from, within)
    return ended
  })

/** The journal's events of some kinds. */
const recorded = (file: string, ...kinds: ReadonlyArray<string>) => {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    return db
      .prepare("SELECT body FROM event ORDER BY seq")
      .all()
      .map(({ body }) => JSON.parse(String(body)))
      .filter(({ kind }) => kinds.includes(kind))
  } finally {
    db.close()
  }
}

/** A config whose one sink never answers, and which itself does not end where `held` says so. */
const hanging = (held: boolean) => `
import { defineAuditSink, defineTracker } from ${JSON.stringify(import.meta.resolve("@dlrkit/core"))}
import * as Effect from ${JSON.stringify(import.meta.resolve("effect/Effect"))}
const sink = defineAuditSink({ name: "hanging", write: () => new Promise(() => {}) })
export default defineTracker({ audit: [Effect.as(${held ? "Effect.addFinalizer(() => Effect.never)" : "Effect.void"}, sink)] })
`

/** Makes the launcher take its Node for an old one, and not the one that it starts. */
const oldNode = `--import=data:text/javascript,${encodeURIComponent(
  'delete process.env.NODE_OPTIONS;Object.defineProperty(process,"version",{value:"v20.20.2"})'
)}`

describe.concurrent("a tracker that is stopped", { timeout: 60_000 }, () => {
  it.live.each([
    ["SIGTERM", 143, {}],
    ["SIGINT", 130, { NODE_OPTIONS: oldNode }]
  ] as const)("by %s finishes the page in flight and sends nothing more: exit %i", ([signal, code, env]) =>
    Effect.gen(function* () {
      const place = yield* workplace
      const slow = { rates: { slow: 1 }, slowAnswers: { min: 700, max: 700 } }
      const { environment, server } = yield* platform(place, { ...few, ...slow })
      const running = place.start(["track", "messages.csv"], { ...environment, ...env })
      yield* until(() => server.report().requests.messages > 0)
      const ended = yield* stop(running, signal)
      assert.strictEqual(ended.code, code, ended.stderr)
      const journal = place.file("dlrkit.db")
      const looks = recorded(journal, "request").filter(({ purpose }) => purpose === "lookup")
      assert.deepStrictEqual(
        looks.map(({ outcome }) => outcome),
        Array.from({ length: server.report().requests.messages }, () => "ok")
      )
      const served = server.report().messages.filter(({ status }) => status !== undefined).length
      assert.isAbove(served, 0)
      assert.strictEqual(recorded(journal, "message.delivered", "message.failed").length, served)
      assert.deepStrictEqual(recorded(journal, "run.stopped"), [{ kind: "run.stopped", outcome: "interrupted" }])
    })
  )

  it.live("waits for the end of no pause that the platform asks for", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const throttled = { rates: { throttled: 1 }, retryAfter: { min: 3500, max: 3500 } }
      const { environment, server } = yield* platform(place, { ...few, ...throttled })
      const running = place.start(["track", "messages.csv"], environment)
      yield* Effect.promise(() => running.says("asks to wait"))
      const asked = server.report().requests.messages
      assert.strictEqual((yield* stop(running, "SIGTERM")).code, 143)
      assert.strictEqual(server.report().requests.messages, asked)
    })
  )

  it.live("waits for the end of no outage", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, server } = yield* platform(place, { ...few, outages: [{ from: 0, until: 1e9 }] })
      const running = place.start(["track", "messages.csv"], environment)
      yield* until(() => server.report().inflicted.outage > 0)
      assert.strictEqual((yield* stop(running, "SIGTERM")).code, 143)
    })
  )

  it.live("waits for no sink that hangs, and loses nothing of what it did not take", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, server } = yield* platform(place, { ...few, never: 1 })
      place.write("dlrkit.config.mts", hanging(false))
      const running = place.start(["track", "messages.csv"], environment)
      yield* until(() => server.report().requests.messages > 0)
      assert.strictEqual((yield* stop(running, "SIGTERM")).code, 143)
      assert.strictEqual(recorded(place.file("dlrkit.db"), "run.stopped").length, 1)
      // The default sink begins at the first event.
      const rest = yield* place.run(["track", "messages.csv", "--once", "--audit", "audit"], environment)
      assert.strictEqual(rest.code, 5, rest.stderr)
      const file = place.listing().flatMap((line) => line.match(/^(audit.*\.ndjson) /)?.[1] ?? [])[0] as string
      const seqs = lines(place.read(file)).map((line) => JSON.parse(line).seq)
      assert.deepStrictEqual(
        seqs,
        seqs.map((_, index) => index + 1)
      )
    })
  )

  it.live("ends at once where it is told twice, whatever it waits for", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, server } = yield* platform(place, { ...few, never: 1 })
      place.write("dlrkit.config.mts", hanging(true))
      const running = place.start(["track", "messages.csv"], environment)
      yield* until(() => server.report().requests.messages > 0)
      running.child.kill("SIGTERM")
      yield* until(() => recorded(place.file("dlrkit.db"), "run.stopped").length > 0)
      assert.strictEqual((yield* stop(running, "SIGINT")).code, 130)
    })
  )
})
