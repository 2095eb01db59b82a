import { spawn } from "node:child_process"
import { copyFileSync, existsSync, readdirSync, statSync, watch, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { Samples } from "@dlrkit/testkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as OldTables from "./OldTables.ts"
import { contents, folder, open, refusal, using } from "./Stores.ts"

const older = [1, 2, 3] as const

/** A journal of an older version in a new folder. */
const made = (version: OldTables.Version, more?: number) =>
  Effect.map(folder, (place) => {
    const file = join(place, "dlrkit.db")
    OldTables.make(file, version, more)
    return { file, place, copy: `${file}.v${version}` }
  })

const migrate = (file: string) => using(file, (store) => Effect.succeed(store.migrated), "migrate")

const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

/** The columns and the indexes of a journal, by name. */
const shape = (file: string) => {
  const db = new DatabaseSync(file, { readOnly: true })
  const tables = ["meta", "message", "event", "cursor"].map((table) => [
    table,
    db.prepare(`SELECT name, type, "notnull", pk FROM pragma_table_info('${table}') ORDER BY name`).all(),
    db.prepare(`SELECT name, sql FROM sqlite_schema WHERE tbl_name = '${table}' AND type = 'index' ORDER BY name`).all()
  ])
  db.close()
  return plain(tables)
}

/** Moments of a migration, by what is written then, and whether the copy stands already. */
const moments: ReadonlyArray<readonly [string, (written: string, isCopied: boolean) => boolean]> = [
  ["while it is copied", (written) => written === "dlrkit.db.v1.new"],
  ["once it is copied", (_, isCopied) => isCopied],
  ["while it is committed", (written, isCopied) => isCopied && written === "dlrkit.db-wal"],
  ["while its log is settled", (written, isCopied) => isCopied && written === "dlrkit.db"]
]

/** Migrates in a process that is killed at a moment. */
const killedAt = (file: string, place: string, isMoment: (written: string, isCopied: boolean) => boolean) =>
  Effect.callback<void>((resume) => {
    const child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        fileURLToPath(new URL("opening.ts", import.meta.url)),
        "-",
        file,
        "migrate"
      ],
      { stdio: ["ignore", "ignore", "inherit"] }
    )
    const watcher = watch(place, (_, written) => {
      if (isMoment(written ?? "", existsSync(`${file}.v1`))) child.kill("SIGKILL")
    })
    child.on("close", () => {
      watcher.close()
      resume(Effect.void)
    })
  })

describe("a journal of an older version", () => {
  for (const version of older) {
    it.live(`of version ${version} keeps all that it holds`, () =>
      Effect.gen(function* () {
        const { copy, file } = yield* made(version)
        assert.deepStrictEqual(yield* migrate(file), { from: version, to: 4, copy })
        yield* using(file, (store) =>
          Effect.gen(function* () {
            assert.isUndefined(store.migrated)
            assert.deepStrictEqual([store.id, store.hashKey], [OldTables.id, "ab".repeat(32)])
            assert.deepStrictEqual(plain(yield* Samples.messages(store)), plain(OldTables.expected(version)))
            assert.deepStrictEqual(
              yield* Samples.events(store),
              OldTables.events.map(({ body, ...envelope }) => ({ ...envelope, ...body })) as never
            )
            assert.deepStrictEqual(yield* store.consumers, [{ consumer: "audit/file", seq: 2, failure: undefined }])
            assert.strictEqual(yield* store.memo("curves"), "learned")
            const { ref } = OldTables.expected(version)[0] as ReturnType<typeof Samples.message>
            for (const sought of [
              { recipients: ["13175550100"] },
              { names: [{ messageId: 'm-"1"' }] },
              { names: [{ conversationId: "c-1" }] },
              { names: [{ campaignId: ref.campaignId, outboundContactId: ref.outboundContactId }] }
            ]) {
              assert.deepStrictEqual(
                (yield* store.find(sought)).map(({ key }) => key),
                [1],
                JSON.stringify(sought)
              )
            }
            const open = yield* store.open({ source: "source", run: 1, by: "deadlineAt", limit: 9 })
            assert.deepStrictEqual(
              open.map(({ key }) => key),
              [1]
            )
            yield* Effect.scoped(store.claim)
            yield* store.noteFailure("audit/file", { since: 1, at: 2, detail: "down" })
            yield* Samples.insert(store, [Samples.message({ messageId: "m-3" })])
            assert.deepStrictEqual([yield* store.lastSeq, yield* store.check], [4, []])
          })
        )
        assert.isUndefined(yield* migrate(file))
      })
    )

    it.live(`of version ${version} gets the tables of a new one`, () =>
      Effect.gen(function* () {
        const { file, place } = yield* made(version)
        yield* migrate(file)
        const other = join(place, "new.db")
        yield* using(other, (store) => Samples.insert(store, [Samples.message()]))
        assert.deepStrictEqual(shape(file), shape(other))
      })
    )

    it.live(`of version ${version} is kept beside it as it was, for its owner alone`, () =>
      Effect.gen(function* () {
        const { copy, file, place } = yield* made(version)
        const before = OldTables.rows(file)
        yield* migrate(file)
        assert.deepStrictEqual(readdirSync(place).sort(), ["dlrkit.db", "dlrkit.db.lock", `dlrkit.db.v${version}`])
        assert.deepStrictEqual(OldTables.rows(copy), before)
        if (process.platform !== "win32") assert.strictEqual(statSync(copy).mode & 0o777, 0o600)
      })
    )

    it.live(`of version ${version} is refused to all others, who are told what to do`, () =>
      Effect.gen(function* () {
        const { file, place } = yield* made(version)
        const before = contents(place)
        for (const access of ["create", "read", "beside"] as const) {
          const reason = yield* refusal(using(file, Samples.messages, access))
          assert.strictEqual(reason._tag, "JournalUnusable")
          assert.include(
            reason.message,
            `by an older dlrkit (tables ${version}, known are 4); run dlrkit journal migrate`
          )
          assert.deepStrictEqual(contents(place), before)
        }
      })
    )
  }

  it.live("is not migrated beside its tracker", () =>
    Effect.gen(function* () {
      const { file, place } = yield* made(2)
      const lock = new DatabaseSync(`${file}.lock`)
      lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
      const before = OldTables.rows(file)
      assert.strictEqual((yield* refusal(migrate(file)))._tag, "JournalInUse")
      lock.close()
      assert.deepStrictEqual(OldTables.rows(file), before)
      assert.isFalse(existsSync(`${file}.v2`), place)
      assert.strictEqual((yield* migrate(file))?.from, 2)
    })
  )

  it.live("is migrated with what a killed tracker has left in its log", () =>
    Effect.gen(function* () {
      const { file, place } = yield* made(2)
      const killed = new DatabaseSync(file)
      killed.exec('INSERT INTO event VALUES (4, 0, 1, \'a\', \'{"kind":"run.stopped","outcome":"failed"}\')')
      const left = join(yield* folder, "dlrkit.db")
      for (const end of ["", "-wal"]) copyFileSync(`${file}${end}`, `${left}${end}`)
      killed.close()
      assert.include(
        (yield* refusal(using(left, Samples.messages, "read"))).message,
        "run dlrkit journal migrate",
        place
      )
      yield* migrate(left)
      assert.strictEqual(yield* using(left, ({ lastSeq }) => lastSeq), 4)
    })
  )

  it.live("is one of this version as soon as its log says so", () =>
    Effect.gen(function* () {
      const { file } = yield* made(2)
      yield* migrate(file)
      const db = new DatabaseSync(file)
      db.exec("PRAGMA user_version = 2; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA user_version = 4")
      const left = join(yield* folder, "dlrkit.db")
      for (const end of ["", "-wal"]) copyFileSync(`${file}${end}`, `${left}${end}`)
      db.close()
      for (const access of ["read", "create"] as const) {
        assert.strictEqual((yield* using(left, Samples.messages, access)).length, 2)
      }
    })
  )

  it.live("stays as it is where a step fails, and is migrated afterwards", () =>
    Effect.gen(function* () {
      for (const [version, harm, repair] of [
        // The last table to be changed is not there,
        [1, "ALTER TABLE cursor RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO cursor"],
        [2, "ALTER TABLE cursor RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO cursor"],
        // or the last column to be added is there already.
        [3, "ALTER TABLE message ADD COLUMN report TEXT", "ALTER TABLE message DROP COLUMN report"]
      ] as const) {
        const { copy, file } = yield* made(version)
        const db = new DatabaseSync(file)
        db.exec(harm)
        assert.strictEqual((yield* refusal(migrate(file)))._tag, "JournalUnusable")
        db.exec(repair)
        db.close()
        const { file: another } = yield* made(version)
        assert.deepStrictEqual(OldTables.rows(file), OldTables.rows(another))
        assert.deepStrictEqual(yield* migrate(file), { from: version, to: 4, copy })
      }
    })
  )

  it.live("is the old or the new one, whenever its migration is killed", () =>
    Effect.forEach(
      moments,
      ([when, isMoment]) =>
        Effect.gen(function* () {
          const { copy, file, place } = yield* made(1, 1500)
          const before = OldTables.rows(file)
          yield* killedAt(file, place, isMoment)
          const { version } = OldTables.rows(file) as { version: number }
          if (version !== 4) assert.deepStrictEqual(OldTables.rows(file), before, when)
          // What stands beside it under the name of the copy is whole.
          if (existsSync(copy)) assert.deepStrictEqual(OldTables.rows(copy), before, when)
          assert.strictEqual((yield* migrate(file))?.from, version === 4 ? undefined : 1, when)
          assert.deepStrictEqual(OldTables.rows(copy), before, when)
          yield* using(file, (store) =>
            Effect.gen(function* () {
              assert.strictEqual((yield* Samples.messages(store)).length, 1502, when)
              assert.deepStrictEqual([yield* store.lastSeq, yield* store.check], [3, []], when)
            })
          )
        }),
      { concurrency: "unbounded" }
    )
  )

  it.live("is not migrated over what stands where its copy would", () =>
    Effect.gen(function* () {
      const { copy, file } = yield* made(2)
      writeFileSync(copy, "mine")
      const before = OldTables.rows(file)
      const reason = yield* refusal(migrate(file))
      assert.strictEqual(reason._tag, "JournalUnusable")
      assert.include(reason.message, `${copy} is in the way`)
      assert.strictEqual(statSync(copy).size, 4)
      assert.deepStrictEqual(OldTables.rows(file), before)
    })
  )
})

describe("migrating", () => {
  it.live("needs a journal, and none of a newer version", () =>
    Effect.gen(function* () {
      const { file, place } = yield* made(2)
      const none = yield* refusal(migrate(join(place, "none.db")))
      assert.deepStrictEqual([none._tag, readdirSync(place)], ["JournalUnusable", ["dlrkit.db"]])
      const db = new DatabaseSync(file)
      db.exec("PRAGMA user_version = 99")
      db.close()
      const before = OldTables.rows(file)
      assert.include(
        (yield* refusal(migrate(file))).message,
        "by a newer dlrkit (tables 99, known are 4); update dlrkit"
      )
      assert.deepStrictEqual(OldTables.rows(file), before)
    })
  )

  it.live("does nothing to a journal of this version", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "dlrkit.db")
      yield* using(file, (store) => Samples.insert(store, [Samples.message()]))
      const store = yield* open(file, "migrate")
      assert.isUndefined(store.migrated)
      assert.strictEqual((yield* Samples.messages(store)).length, 1)
      yield* Samples.insert(store, [Samples.message({ messageId: "m-2" })])
    })
  )
})
