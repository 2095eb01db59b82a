import { type ChildProcess, spawn } from "node:child_process"
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { Samples } from "@dlrkit/testkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { contents, folder, open, refusal, using } from "./Stores.ts"

const { acknowledge, events, insert, message, messages } = Samples

/** A journal of so many messages in a new folder, closed. */
const written = (count: number) =>
  Effect.gen(function* () {
    const place = yield* folder
    const file = join(place, "dlrkit.db")
    const all = Array.from({ length: count }, (_, i) => message({ messageId: `m-${i}` }))
    yield* using(file, (store) => insert(store, all))
    return { place, file }
  })

/** The tag of what a claim by a process of its own ends with. */
const holder = (file: string) => {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", fileURLToPath(new URL("holder.ts", import.meta.url)), file],
    { stdio: ["ignore", "pipe", "inherit"] }
  )
  const ended = Effect.callback<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) resume(Effect.void)
    else child.once("close", () => resume(Effect.void))
  })
  const kill = Effect.suspend(() => {
    child.kill("SIGKILL")
    return ended
  })
  return Effect.acquireRelease(Effect.succeed(child), () => kill).pipe(
    Effect.flatMap((child) => Effect.map(firstLine(child), (said) => ({ said, kill })))
  )
}

const firstLine = (child: ChildProcess) =>
  Effect.callback<string>((resume) => {
    let text = ""
    child.stdout?.on("data", (chunk) => {
      text += chunk
      if (text.includes("\n")) resume(Effect.succeed(text.slice(0, text.indexOf("\n"))))
    })
    child.stdout?.once("close", () => resume(Effect.succeed(text)))
  })

describe("the right to track", () => {
  it.live("is refused while another process has it, and free once that was killed", () =>
    Effect.gen(function* () {
      const { file } = yield* written(1)
      const { kill, said } = yield* holder(file)
      assert.strictEqual(said, "held")
      const store = yield* open(file)
      assert.strictEqual((yield* refusal(Effect.scoped(store.claim)))._tag, "JournalInUse")
      yield* kill
      yield* Effect.scoped(store.claim)
    })
  )

  it.live("is not lost by what else its own process does with the journal", () =>
    Effect.gen(function* () {
      const { file } = yield* written(1)
      const first = yield* open(file)
      yield* first.claim
      const second = yield* refusal(using(file, (store) => Effect.scoped(store.claim)))
      assert.strictEqual(second._tag, "JournalInUse")
      assert.strictEqual((yield* using(file, messages, "read")).length, 1)
      assert.strictEqual((yield* holder(file)).said, "JournalInUse")
      // That process has opened and closed the journal too, and must not have settled the log beneath us.
      yield* insert(first, [message({ messageId: "afterwards" })])
      assert.strictEqual((yield* using(file, messages, "read")).length, 2)
    })
  )

  it.live("is one, by whatever name the file is called", () =>
    Effect.gen(function* () {
      const { file, place } = yield* written(1)
      const link = join(place, "link.db")
      symlinkSync(file, link)
      const first = yield* open(file)
      yield* first.claim
      assert.strictEqual((yield* refusal(using(link, (store) => Effect.scoped(store.claim))))._tag, "JournalInUse")
      assert.strictEqual((yield* using(link, messages, "read")).length, 1)
    })
  )

  it.live("is taken before there is a journal, and makes none", () =>
    Effect.gen(function* () {
      const place = yield* folder
      const store = yield* open(join(place, "dlrkit.db"))
      yield* Effect.scoped(store.claim)
      assert.deepStrictEqual(readdirSync(place), ["dlrkit.db.lock"])
    })
  )
})

describe("a reader", () => {
  it.live("leaves nothing behind where no tracker runs", () =>
    Effect.gen(function* () {
      const { file, place } = yield* written(3)
      const before = contents(place)
      assert.strictEqual((yield* using(file, messages, "read")).length, 3)
      assert.deepStrictEqual(contents(place), before)
    })
  )

  it.live("sees what the tracker commits, as it goes on", () =>
    Effect.gen(function* () {
      const { file } = yield* written(1)
      const tracker = yield* open(file)
      yield* tracker.claim
      const reader = yield* open(file, "read")
      for (let count = 2; count < 5; count++) {
        yield* insert(tracker, [message({ messageId: `next-${count}` })])
        assert.strictEqual((yield* messages(reader)).length, count)
        assert.strictEqual(yield* reader.lastSeq, count)
      }
    })
  )

  it.live("reads what a killed tracker left, and leaves it as it is", () =>
    Effect.gen(function* () {
      const { file, place } = yield* written(1)
      const tracker = yield* open(file)
      yield* insert(tracker, [message({ messageId: "in the log alone" })])
      // The files of a journal that nobody has closed.
      const left = yield* folder
      for (const name of readdirSync(place)) copyFileSync(join(place, name), join(left, name))
      const { "dlrkit.db-shm": _, ...before } = contents(left)
      assert.containsAllKeys(before, ["dlrkit.db", "dlrkit.db-wal"])
      assert.strictEqual((yield* using(join(left, "dlrkit.db"), messages, "read")).length, 2)
      const { "dlrkit.db-shm": __, ...after } = contents(left)
      assert.deepStrictEqual(after, before)
    })
  )

  it.live("reads a journal whose log was being settled when the machine stopped", () =>
    Effect.gen(function* () {
      const { file, place } = yield* written(1)
      const tracker = yield* open(file)
      yield* insert(
        tracker,
        Array.from({ length: 200 }, (_, i) => message({ messageId: `next-${i}` }))
      )
      const left = join(yield* folder, "dlrkit.db")
      for (const name of ["dlrkit.db", "dlrkit.db-wal"]) copyFileSync(join(place, name), join(dirname(left), name))
      // The first page tells of more pages than have come into the file.
      const settled = new DatabaseSync(file)
      settled.exec("PRAGMA wal_checkpoint(PASSIVE)")
      settled.close()
      writeFileSync(left, readFileSync(file).subarray(0, 4096), { flag: "r+" })
      for (const access of ["read", "create"] as const) {
        assert.strictEqual((yield* using(left, messages, access)).length, 201)
      }
    })
  )

  it.live("writes nothing, whatever it is asked", () =>
    Effect.gen(function* () {
      const { file, place } = yield* written(1)
      const before = contents(place)
      yield* using(
        file,
        (reader) =>
          Effect.gen(function* () {
            assert.strictEqual((yield* refusal(acknowledge(reader, "audit", 1)))._tag, "JournalBroken")
            assert.strictEqual((yield* refusal(insert(reader, [message({ messageId: "m-2" })])))._tag, "JournalBroken")
            assert.strictEqual((yield* messages(reader)).length, 1)
          }),
        "read"
      )
      assert.deepStrictEqual(contents(place), before)
    })
  )
})

describe("a file that cannot be used", () => {
  /** It is refused for reading and for tracking, by one line that names it, and nothing around it changes. */
  const refused = (file: string, place: string, detail: RegExp) =>
    Effect.gen(function* () {
      const before = contents(place)
      for (const access of ["create", "beside", "read"] as const) {
        const reason = yield* refusal(using(file, messages, access))
        assert.strictEqual(reason._tag, "JournalUnusable")
        assert.match(reason.message, detail)
        assert.isTrue(reason.message.startsWith(`the journal ${file} cannot be used: `))
        assert.notInclude(reason.message, "\n")
        assert.deepStrictEqual(contents(place), before)
      }
    })

  it.live("a journal that was cut off, wherever", () =>
    Effect.gen(function* () {
      const { file, place } = yield* written(500)
      const { size } = statSync(file)
      assert.isAbove(size, 100_000)
      for (const length of [size - 1, size - 4096, size - 5000, 65_536, 8192, 4097, 4096]) {
        truncateSync(file, length)
        yield* refused(file, place, /the file is damaged/)
      }
      for (const length of [4095, 100, 60, 10]) {
        truncateSync(file, length)
        yield* refused(file, place, /the file is (damaged|something else)/)
      }
    })
  )

  it.live("a journal whose pages are overwritten", () =>
    Effect.gen(function* () {
      const { file, place } = yield* written(1)
      const whole = readFileSync(file)
      writeFileSync(file, Buffer.from(whole).fill(0xff, 4096))
      yield* refused(file, place, /the file is damaged/)
      // As it is before its first log, where opening it has more to change.
      const begun = Buffer.from(whole).fill(0xff, 4096)
      begun.fill(1, 18, 20)
      writeFileSync(file, begun)
      yield* refused(file, place, /the file is damaged/)
      writeFileSync(file, Buffer.from(whole).fill(0xff, 0, 4096))
      yield* refused(file, place, /is something else/)
    })
  )

  it.live("a journal of another version's tables", () =>
    Effect.gen(function* () {
      const { file, place } = yield* written(1)
      for (const [version, age] of [
        [1, "an older"],
        [99, "a newer"]
      ] as const) {
        const db = new DatabaseSync(file)
        db.exec(`PRAGMA user_version = ${version}`)
        db.close()
        yield* refused(file, place, new RegExp(`made by ${age} dlrkit \\(tables ${version},`))
      }
    })
  )

  it.live("another program's database, also one with a log that it has not settled", () =>
    Effect.gen(function* () {
      const place = yield* folder
      const theirs = new DatabaseSync(join(place, "theirs.db"))
      theirs.exec("PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')")
      const left = yield* folder
      const file = join(left, "dlrkit.db")
      copyFileSync(join(place, "theirs.db"), file)
      copyFileSync(join(place, "theirs.db-wal"), `${file}-wal`)
      theirs.close()
      yield* refused(file, left, /is something else/)
    })
  )

  it.live("a folder, a text of a few bytes, a place that is in no folder", () =>
    Effect.gen(function* () {
      const place = yield* folder
      mkdirSync(join(place, "folder.db"))
      writeFileSync(join(place, "text.db"), "hi")
      yield* refused(join(place, "folder.db"), place, /it is no file/)
      yield* refused(join(place, "text.db"), place, /is something else/)
      yield* refused(join(place, "nowhere", "dlrkit.db"), place, /the folder .* does not exist/)
    })
  )
})

describe("a new journal", () => {
  const mode = (file: string) => statSync(file).mode & 0o777

  it.live("is not made over one that another process has made in the meantime", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "dlrkit.db")
      const early = yield* open(file)
      const id = yield* using(file, (other) => Effect.as(insert(other, [message({ messageId: "theirs" })]), other.id))
      yield* insert(early, [message({ messageId: "ours" })])
      assert.strictEqual(early.id, id)
      assert.deepStrictEqual(
        (yield* messages(early)).map(({ messageId }) => messageId),
        ["theirs", "ours"]
      )
      assert.deepStrictEqual(
        (yield* events(early)).map(({ id }) => id),
        [`${id}-1`, `${id}-2`]
      )
    })
  )

  it.live("takes the place of an empty file and of what a killed process had begun, for its owner alone", () =>
    Effect.gen(function* () {
      const place = yield* folder
      const file = join(place, "dlrkit.db")
      writeFileSync(file, "", { mode: 0o644 })
      writeFileSync(`${file}.new`, "half a journal")
      yield* using(file, (store) =>
        Effect.gen(function* () {
          yield* Effect.scoped(store.claim)
          yield* insert(store, [message()])
          assert.deepStrictEqual(readdirSync(place).sort(), [
            "dlrkit.db",
            "dlrkit.db-shm",
            "dlrkit.db-wal",
            "dlrkit.db.lock"
          ])
          if (process.platform === "win32") return
          for (const name of readdirSync(place)) assert.strictEqual(mode(join(place, name)), 0o600, name)
        })
      )
    })
  )

  it.live("may have any name", () =>
    Effect.gen(function* () {
      const place = yield* folder
      for (const name of ["a #1 %41.db", "ä ✓.db", "file:x.db"]) {
        yield* using(join(place, name), (store) => insert(store, [message()]))
        assert.strictEqual((yield* using(join(place, name), messages, "read")).length, 1)
        assert.include(readdirSync(place), name)
      }
    })
  )
})

describe("a message", () => {
  it.live("is kept with its times in whole milliseconds, whatever a platform tells", () =>
    Effect.gen(function* () {
      const store = yield* open(join(yield* folder, "dlrkit.db"))
      yield* insert(store, [message({ deadlineAt: 100_000.7, finalAt: 1500.25, dueAt: 99.5 })])
      const [kept] = yield* messages(store)
      assert.deepStrictEqual([kept?.deadlineAt, kept?.finalAt, kept?.dueAt], [100_000, 1500, 99])
    })
  )
})
