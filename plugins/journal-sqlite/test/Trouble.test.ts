import { spawn } from "node:child_process"
import { chmodSync, copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import type { JournalStore } from "@dlrkit/core"
import { Samples } from "@dlrkit/testkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Failures from "../src/Failures.ts"
import { contents, folder, open, refusal, using } from "./Stores.ts"

const recovery =
  "stop what uses it and keep it, then put a copy back, or name a new journal with --journal and give it the same " +
  "message files: audit files keep what was recorded"

/** A journal of so many messages in a new folder, closed. */
const written = (count: number) =>
  Effect.gen(function* () {
    const place = yield* folder
    const file = join(place, "dlrkit.db")
    const all = Array.from({ length: count }, (_, i) => Samples.message({ messageId: `m-${i}` }))
    yield* using(file, (store) => Samples.insert(store, all))
    return { place, file }
  })

/** It is told in one line that the file is damaged, where to look, and what to do. */
const isDamage = (reason: JournalStore.JournalError["reason"]) => {
  assert.strictEqual(reason._tag, "JournalBroken")
  assert.include(reason.message, "the file is damaged (")
  assert.include(reason.message, `dlrkit journal check tells where; ${recovery}`)
  assert.notInclude(reason.message, "\n")
}

describe("a damaged journal", () => {
  it.live("is refused with what to do, where it cannot be opened", () =>
    Effect.gen(function* () {
      const { file } = yield* written(500)
      const { size } = statSync(file)
      for (const [length, found] of [
        [size - 1, `it is cut off after ${size - 1} of ${size} bytes`],
        [8192, "database disk image is malformed"]
      ] as const) {
        truncateSync(file, length)
        for (const access of ["create", "read", "beside", "migrate"] as const) {
          const reason = yield* refusal(using(file, Samples.messages, access))
          assert.strictEqual(
            reason.message,
            `the journal ${file} cannot be used: the file is damaged (${found}): ${recovery}`
          )
        }
      }
    })
  )

  it.live("says so in whatever meets the damage, and to whoever checks", () =>
    Effect.gen(function* () {
      const { file } = yield* written(2000)
      const bytes = readFileSync(file)
      // Every page but those at the beginning, which tell what tables there are and whose journal it is.
      writeFileSync(file, bytes.fill(0x5a, 16 * 4096))
      yield* using(file, (store) =>
        Effect.gen(function* () {
          isDamage(yield* refusal(Samples.messages(store)))
          isDamage(yield* refusal(Samples.events(store)))
          isDamage(yield* refusal(Samples.insert(store, [Samples.message({ messageId: "m-1999" })])))
          isDamage(yield* refusal(store.redact(() => undefined)))
          isDamage(yield* refusal(store.compact))
          const found = yield* store.check
          assert.isNotEmpty(found)
          for (const sentence of found) assert.match(sentence, /^[^*\n]+$/)
        })
      )
    })
  )

  it.live("is found by whoever checks, where SQLite sees nothing wrong", () =>
    Effect.gen(function* () {
      const { file } = yield* written(9)
      const db = new DatabaseSync(file)
      db.exec(`DELETE FROM event WHERE seq IN (2, 4, 5); UPDATE event SET body = '{"kind":' WHERE seq = 7;
        UPDATE message SET ref = 'm' WHERE key = 3`)
      db.close()
      yield* using(
        file,
        (store) =>
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* store.check, [
              "event 2 is missing",
              "events 4 to 5 are missing",
              "what is written of message 3 cannot be read",
              "what is written of event 7 cannot be read"
            ])
            isDamage(yield* refusal(Samples.messages(store)))
            isDamage(yield* refusal(Samples.events(store)))
          }),
        "read"
      )
    })
  )

  it.live("has lost nothing that was settled where its log is torn, and goes on", () =>
    Effect.gen(function* () {
      const { file } = yield* written(3)
      const tracker = yield* open(file)
      for (let i = 3; i < 9; i++) yield* Samples.insert(tracker, [Samples.message({ messageId: `m-${i}` })])
      const log = readFileSync(`${file}-wal`)
      const tails = [1, 5000, 20_000, log.length - 40, log.length].map((end) => log.subarray(0, log.length - end))
      const flipped = Buffer.from(log)
      for (let at = log.length >> 1; at < log.length; at++) flipped[at] = 0xff
      const torn = [log, ...tails, flipped, Buffer.alloc(log.length, 0x5a)]
      const counts: Array<number> = []
      for (const bytes of torn) {
        const left = join(yield* folder, "dlrkit.db")
        copyFileSync(file, left)
        writeFileSync(`${left}-wal`, bytes)
        const found = yield* using(left, Samples.messages)
        assert.isAtLeast(found.length, 3)
        assert.deepStrictEqual(
          found.map(({ messageId }) => messageId),
          Array.from({ length: found.length }, (_, i) => `m-${i}`)
        )
        counts.push(found.length)
        yield* using(left, (store) =>
          Effect.gen(function* () {
            assert.strictEqual(yield* store.lastSeq, found.length)
            yield* Samples.insert(store, [Samples.message({ messageId: "afterwards" })])
            assert.deepStrictEqual(yield* store.check, [])
          })
        )
      }
      assert.deepStrictEqual([counts[0], counts.at(-1)], [9, 3])
      assert.deepStrictEqual(
        counts.slice(1, 6),
        counts.slice(1, 6).sort((a, b) => b - a)
      )
    })
  )
})

describe("a journal that has no room to grow", () => {
  const page = (from: number) => Array.from({ length: 50 }, (_, i) => Samples.message({ messageId: `m-${from + i}` }))

  /** Fills a journal page by page until one is refused. */
  const filled = (store: JournalStore.JournalStoreService) =>
    Effect.gen(function* () {
      for (let from = 0; ; from += 50) {
        const exit = yield* Effect.result(Samples.insert(store, page(from)))
        if (exit._tag === "Failure") return { from, reason: exit.failure.reason }
      }
    })

  it.live("says what to do, has written nothing by halves, and goes on once there is some", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "dlrkit.db")
      const maxSize = 400_000
      const refused = yield* using(
        file,
        (store) =>
          Effect.gen(function* () {
            const { from, reason } = yield* filled(store)
            assert.strictEqual(reason._tag, "JournalBroken")
            assert.include(
              reason.message,
              `it has come to its maxSize of ${maxSize} bytes, or the disk is full: raise maxSize, prune the journal or ` +
                "free some space, and run the same command again; nothing recorded is lost"
            )
            assert.strictEqual((yield* Samples.messages(store)).length, from)
            assert.strictEqual(yield* store.lastSeq, from)
            assert.deepStrictEqual(yield* store.check, [])
            // What is there may still be read and marked.
            yield* Samples.acknowledge(store, "audit/file", from)
            return from
          }),
        "create",
        { maxSize }
      )
      assert.isAtMost(statSync(file).size, maxSize)
      yield* using(
        file,
        (store) =>
          Effect.gen(function* () {
            assert.strictEqual((yield* refusal(Samples.insert(store, page(refused))))._tag, "JournalBroken")
            const record = (pruned: JournalStore.Pruned): JournalStore.EventDraft => ({
              ...Samples.draft(""),
              body: { kind: "journal.pruned", before: "", ...pruned }
            })
            const pruned = yield* store.prune({ endedBefore: 0, eventsUpTo: refused, limit: 10_000 }, record)
            assert.strictEqual(pruned.events, refused)
            yield* Samples.insert(store, page(refused))
          }),
        "create",
        { maxSize }
      )
      yield* using(file, (store) =>
        Effect.gen(function* () {
          yield* Samples.insert(store, page(refused + 50))
          assert.strictEqual((yield* Samples.messages(store)).length, refused + 100)
          assert.deepStrictEqual(yield* store.check, [])
        })
      )
    })
  )

  it("is one on a full disk, where no limit was set", () => {
    for (const error of [{ errcode: 13 }, { code: "ENOSPC" }, { code: "EDQUOT" }]) {
      assert.strictEqual(
        Failures.broken("dlrkit.db", "transact", error, undefined).message,
        "the journal dlrkit.db failed in transact: the disk is full: free some space and run the same command again; " +
          "nothing recorded is lost"
      )
    }
  })
})

describe("a journal of another user", () => {
  interface Said {
    readonly refused?: string
    readonly read?: number
    readonly claimed?: string
    readonly written?: string
  }

  /** What a process without rights says of journals: for root, whom no mode keeps out, as nobody. */
  const stranger = (...places: ReadonlyArray<string>) =>
    Effect.callback<ReadonlyArray<Said>>((resume) => {
      const child = spawn(
        process.execPath,
        [
          "--disable-warning=ExperimentalWarning",
          fileURLToPath(new URL("opening.ts", import.meta.url)),
          process.getuid?.() === 0 ? "65534" : "-",
          ...places
        ],
        { stdio: ["ignore", "pipe", "inherit"] }
      )
      let text = ""
      child.stdout.on("data", (chunk) => {
        text += chunk
      })
      child.on("close", () => resume(Effect.succeed(JSON.parse(text))))
    })

  it.live("is read where it may be, never written, and each says why", () =>
    Effect.gen(function* () {
      const { file, place } = yield* written(3)
      const hidden = join(place, "hidden.db")
      copyFileSync(file, hidden)
      chmodSync(file, 0o444)
      chmodSync(hidden, 0o000)
      yield* Effect.acquireRelease(
        Effect.sync(() => chmodSync(place, 0o555)),
        () => Effect.sync(() => chmodSync(place, 0o755))
      )
      const digest = readFileSync(file)
      const [read, track, none, unseen] = yield* stranger(
        ...[file, "read", file, "create"],
        ...[join(place, "new.db"), "create", hidden, "read"]
      )
      assert.strictEqual(read?.read, 3)
      assert.match(read?.written ?? "", /^JournalBroken: .* it may not be written/)
      assert.strictEqual(
        track?.refused,
        `JournalUnusable: the journal ${file} cannot be used: ${file} cannot be written by this user: give it the right ` +
          "to, or name another with --journal"
      )
      for (const said of [none?.claimed, none?.written, unseen?.refused]) {
        assert.match(said ?? "", /^JournalUnusable: .*: give this user the rights to the file and its folder/)
      }
      assert.deepStrictEqual(readFileSync(file), digest)
      assert.deepStrictEqual(readdirSync(place), ["dlrkit.db", "hidden.db"])
    })
  )
})

describe("what an operator has said wrong", () => {
  it.live("is told, and nothing is made", () =>
    Effect.gen(function* () {
      const place = yield* folder
      const file = join(place, "dlrkit.db")
      for (const [options, detail] of [
        [{ keep: "90 dayz" as "90 days" }, 'keep is no duration: "90 dayz"; say "90 days"'],
        [{ maxSize: Number.NaN }, "maxSize is NaN: give a number of bytes, or leave it out"],
        [{ maxSize: 0 }, "maxSize is 0: give a number of bytes, or leave it out"]
      ] as const) {
        const reason = yield* refusal(using(file, Samples.messages, "create", options))
        assert.strictEqual(reason.message, `the journal ${file} cannot be used: ${detail}`)
      }
      assert.deepStrictEqual(contents(place), {})
    })
  )

  it.live("is heard where it is right", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "dlrkit.db")
      assert.strictEqual(
        yield* using(file, ({ keep }) => Effect.succeed(keep), "create", { keep: "90 days" }),
        7_776_000_000
      )
      assert.isUndefined(yield* using(file, ({ keep }) => Effect.succeed(keep)))
    })
  )
})
