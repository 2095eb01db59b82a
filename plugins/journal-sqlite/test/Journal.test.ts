import { spawn } from "node:child_process"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { Classifier, Journal, type Message } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Sqlite from "../src/index.ts"
import { folder } from "./Stores.ts"

const options: Journal.RunOptions = { actor: "tester", command: "test", version: "0", config: {} }

const registration = (messageId: string, group = "g"): Journal.Registration => ({
  ref: { messageId, to: "+12065550100" },
  source: "test",
  group,
  carrier: "c",
  carrierOrigin: "message",
  deadline: 3_600_000,
  expired: undefined
})

const page = (
  receipts: Readonly<Record<string, Message.Status>>,
  looked: ReadonlyArray<number>,
  startedAt: number
): Journal.Page => ({
  receipts: Object.entries(receipts).map(([messageId, status]) => ({
    receipt: { messageId, profile: "test", providerStatus: status, status }
  })),
  classify: (receipt) => Classifier.classify([], receipt, () => {}),
  looked,
  startedAt,
  nextLook: () => startedAt + 5000
})

/** Runs with a journal that is opened for this alone. */
const using = <A, E>(file: string, use: (journal: Journal.JournalService) => Effect.Effect<A, E, Scope.Scope>) =>
  Effect.scoped(
    Journal.Journal.use(use).pipe(
      Effect.provide(Journal.layer.pipe(Layer.provideMerge(Sqlite.journal({ file }))), { local: true })
    )
  )

describe("what is acknowledged is durable", () => {
  it.live("a process killed in the middle of its writes loses nothing that it had acknowledged", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "journal.db")
      const program = fileURLToPath(new URL("tracking.ts", import.meta.url))
      const acknowledged: Array<string> = []
      for (const until of [1, 40, 333, 200, 77]) {
        const lines = yield* Effect.callback<ReadonlyArray<string>>((resume) => {
          const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, file], {
            stdio: ["ignore", "pipe", "inherit"]
          })
          let text = ""
          child.stdout.on("data", (chunk) => {
            text += chunk
            if (text.split("\n").length > until) child.kill("SIGKILL")
          })
          child.on("close", () => resume(Effect.succeed(text.split("\n").slice(0, -1))))
        })
        assert.isAtLeast(lines.length, until)
        acknowledged.push(...lines)
      }
      yield* using(file, (journal) =>
        Effect.gen(function* () {
          // The lock died with its holder.
          yield* journal.start(options)
          const events = yield* journal.store.events(0, Number.MAX_SAFE_INTEGER)
          assert.deepStrictEqual(
            events.map(({ seq }) => seq),
            events.map((_, index) => index + 1)
          )
          const registered = new Map(
            events.flatMap((event) =>
              event.kind === "message.registered" ? [[event.messageId, event.seq] as const] : []
            )
          )
          for (const line of acknowledged) {
            const [seq, messageId] = line.split(" ") as [string, string]
            assert.strictEqual(registered.get(messageId), Number(seq))
          }
          const messages = yield* journal.store.messages({ after: 0, limit: Number.MAX_SAFE_INTEGER })
          assert.sameMembers(
            messages.map(({ messageId }) => messageId),
            Array.from(registered.keys())
          )
        })
      )
    })
  )

  it.live("a page whose events cannot be written changes no state, and what was noted is not lost", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "journal.db")
      yield* using(file, (journal) =>
        Effect.gen(function* () {
          yield* journal.start(options)
          yield* journal.register([registration("m1")])
          const db = new DatabaseSync(file)
          db.exec("CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'disk full'); END")
          yield* journal.note({
            kind: "request",
            source: "test",
            purpose: "lookup",
            messages: 1,
            outcome: "ok",
            startedAt: "2026-01-01T00:00:00.000Z",
            durationMs: 1,
            attempt: 1
          })
          const refused = yield* Effect.exit(journal.commit(page({ m1: "delivered" }, [1], 5)))
          assert.isTrue(Exit.isFailure(refused))
          assert.strictEqual((yield* journal.store.messages({ after: 0, limit: 1 }))[0]?.status, "pending")
          db.exec("DROP TRIGGER full")
          db.close()
          yield* journal.commit(page({ m1: "delivered" }, [1], 5))
          const kinds = (yield* journal.store.events(3, 10)).map(({ kind }) => kind)
          assert.deepStrictEqual(kinds, ["request", "message.delivered"])
        })
      )
    })
  )
})

describe("a large journal", () => {
  it.live(
    "plans and counts 100,000 messages",
    () =>
      Effect.gen(function* () {
        const file = path.join(yield* folder, "journal.db")
        yield* using(file, (journal) =>
          Effect.gen(function* () {
            const { id } = yield* journal.start(options)
            for (let from = 0; from < 100_000; from += 5000) {
              yield* journal.register(
                Array.from({ length: 5000 }, (_, i) => registration(`m${from + i}`, `g${(from + i) % 1000}`))
              )
            }
            const soonest = yield* journal.store.open({ source: "test", run: id, by: "dueAt", limit: 64 })
            assert.deepStrictEqual(
              soonest.map(({ group, key }) => [key, group]),
              Array.from({ length: 64 }, (_, i) => [i + 1, `g${i}`])
            )
            const batch = yield* journal.store.openOf({
              source: "test",
              run: id,
              group: "g7",
              except: new Set(),
              limit: 100
            })
            assert.deepStrictEqual(
              batch.map(({ key }) => key),
              Array.from({ length: 100 }, (_, i) => i * 1000 + 8)
            )
            assert.deepStrictEqual(yield* journal.store.totals(id), [
              {
                carrier: "c",
                status: "pending",
                resolution: undefined,
                category: undefined,
                cause: undefined,
                missing: false,
                late: false,
                contradicted: false,
                count: 100_000
              }
            ])
          })
        )
      }),
    60_000
  )
})
