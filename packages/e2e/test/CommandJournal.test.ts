import { readFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { lines, platform, workplace } from "./command.ts"

/** All receipts within half a second. */
const quick = {
  api: "conversations",
  messages: 40,
  contacts: 8,
  within: 500,
  analyticsLag: 300,
  never: 0,
  missing: 0,
  sharedConversations: 0
} as const

/** A workplace where a tracker follows a file of messages. */
const tracked = (options: Partial<Parameters<typeof platform>[1]> = {}) =>
  Effect.gen(function* () {
    const place = yield* workplace
    const { environment, server } = yield* platform(place, { ...quick, ...options })
    const running = place.start(["track", "messages.csv"], environment)
    return { place, server, running, environment }
  })

/** A workplace with the journal of a run that is over. */
const finished = Effect.gen(function* () {
  const { place, running, server } = yield* tracked()
  const ended = yield* Effect.promise(() => running.ended)
  assert.strictEqual(ended.code, 0, ended.stderr)
  return { place, server }
})

/** Changes a journal behind everybody's back. */
const doctor = (place: Effect.Success<typeof workplace>, sql: string) => {
  const db = new DatabaseSync(place.file("dlrkit.db"))
  db.exec(sql)
  db.close()
}

/** Everything that stands in the journal's files. */
const bytesOf = (place: Effect.Success<typeof workplace>) =>
  place
    .listing()
    .flatMap((line) => line.match(/^(dlrkit\.db\S*) \d/)?.[1] ?? [])
    .map((name) => readFileSync(place.file(name), "latin1"))
    .join("\n")

describe("explain", () => {
  it.live("tells what happened to a message, by its id, its conversation or its recipient's number", () =>
    Effect.gen(function* () {
      const { place, server } = yield* finished
      const failed = server.report().messages.find(({ status }) => status === "failed")
      const message = server.messages.find(({ id }) => id === failed?.id)
      assert.isDefined(message)
      if (message === undefined) return
      const { conversationId, id, to } = message
      const byId = yield* place.run(["explain", id])
      assert.strictEqual(byId.code, 0, byId.stderr)
      const [head, about, ...moments] = lines(byId.stdout)
      assert.match(head as string, new RegExp(`^${id}: failed at \\d{4}-.*what to do: `))
      assert.match(about as string, new RegExp(`^ {2}carrier ${message.carrier} .*conversation ${conversationId}`))
      const word = moments.map((line) => line.match(/^ {2}\S+Z {2}(\w+(?: look)?) /)?.[1])
      assert.strictEqual(word[0], "registered", byId.stdout)
      assert.includeMembers(word, ["registered", "failed"])
      assert.include(byId.stdout, "of genesys")
      assert.strictEqual((yield* place.run(["explain", conversationId])).stdout, byId.stdout)

      const digits = to.slice(1)
      const spelled = `00${digits.slice(0, 2)} ${digits.slice(2, 5)}-${digits.slice(5)}`
      const byNumber = yield* place.run(["explain", spelled, "--json"])
      const told = JSON.parse(byNumber.stdout).messages
      assert.deepStrictEqual(
        told.map(({ messageId }: { messageId: string }) => messageId).sort(),
        server.messages
          .filter((other) => other.to === to)
          .map((other) => other.id)
          .sort()
      )
      assert.notInclude(byNumber.stdout, digits)
      const one = told.find(({ messageId }: { messageId: string }) => messageId === id)
      assert.deepInclude(one, { status: "failed", resolution: "failed", conversationId, late: false, conflicts: [] })
      const [registered] = one.timeline
      assert.deepInclude(registered, { what: "registered" })
      assert.deepInclude(registered.event, { kind: "message.registered", conversationId })

      const unknown = yield* place.run(["explain", "m-1"])
      assert.strictEqual(unknown.code, 2)
      assert.match(unknown.stderr, /^dlrkit: the journal dlrkit\.db knows no message or conversation m-1; --journal/)
      const national = yield* place.run(["forget", "0171 2345678"])
      assert.deepStrictEqual([national.code, national.stdout], [2, ""])
      assert.match(national.stderr, /^dlrkit: that is no phone number with its country: /)
    })
  )
})

describe("journal check", () => {
  it.live("finds nothing wrong with a journal, and what somebody did to it", () =>
    Effect.gen(function* () {
      const { place } = yield* finished
      const whole = yield* place.run(["journal", "check"])
      assert.deepStrictEqual([whole.code, whole.stderr], [0, ""])
      assert.match(whole.stdout, /^dlrkit\.db: whole, 40 messages, \d+ events\n$/)
      doctor(
        place,
        `DELETE FROM event WHERE seq = 10;
         UPDATE message SET status = 'sent', resolution = NULL, due_at = 1 WHERE key = 1;
         UPDATE message SET late = 1 WHERE key > 10;
         INSERT INTO cursor (consumer, seq) VALUES ('other', 100000);`
      )
      const text = yield* place.run(["journal", "check"])
      assert.strictEqual(text.code, 2)
      const told = lines(text.stdout)
      assert.match(text.stdout, /^other has acknowledged event 100000, and the newest is \d+/m)
      assert.match(text.stdout, /^events 10 to 10 are not there$/m)
      assert.match(text.stdout, /^\S+: is sent, and its events say (delivered|failed)$/m)
      assert.strictEqual(told.length, 22)
      assert.match(told[20] as string, /^and 1\d more$/)
      assert.match(told[21] as string, /^dlrkit\.db: 3\d problems, 40 messages, \d+ events$/)
      const migrated = yield* place.run(["journal", "migrate", "--json"])
      assert.deepStrictEqual(JSON.parse(migrated.stdout), { journal: "dlrkit.db", migrated: null })
      doctor(place, "DELETE FROM event")
      const compacted = JSON.parse((yield* place.run(["journal", "compact", "--json"])).stdout)
      assert.isBelow(compacted.after, compacted.before)
    })
  )
})

describe("journal prune, and status", () => {
  it.live("leave alone what a sink lacks, and say so", () =>
    Effect.gen(function* () {
      const { place } = yield* finished
      const ago = 100 * 86_400_000
      doctor(
        place,
        `UPDATE event SET at = at - ${ago};
         UPDATE message SET registered_at = registered_at - ${ago}, final_at = final_at - ${ago},
           seen_at = seen_at - ${ago}, looked_at = looked_at - ${ago};
         UPDATE message SET late = 1 WHERE key <= 3;
         UPDATE message SET seen_at = seen_at + ${ago} WHERE key = 4;
         INSERT INTO cursor (consumer, seq, failing_since, failed_at, failure)
           VALUES ('audit-http', 9, ${Date.now() - 7_200_000}, ${Date.now() - 60_000}, 'it answers 503');`
      )
      const pruned = yield* place.run(["journal", "prune", "--older-than", "90d", "--json", "--actor", "keeper"])
      assert.strictEqual(pruned.code, 0, pruned.stderr)
      const { before: moment, ...rest } = JSON.parse(pruned.stdout)
      assert.match(moment, /^\d{4}-.*Z$/)
      assert.deepStrictEqual(rest, {
        messages: 39,
        events: 9,
        waitingFor: [{ name: "audit-http", acknowledged: 9 }],
        lastDayStays: false
      })
      const status = yield* place.run(["status", "--json"])
      const { events, sinks } = JSON.parse(status.stdout)
      assert.deepInclude(sinks[1], { name: "audit-http", backlog: events - 9 })
      assert.strictEqual(sinks[1].failure.detail, "it answers 503")
      assert.isBelow(Date.parse(sinks[1].oldestAt), Date.now() - 99 * 86_400_000)
      const text = (yield* place.run(["status"])).stdout
      assert.match(
        text,
        /^audit-http: \d+ events behind, the oldest of \d+h ago, failing since \S+Z, last 1m\d*s? ago: it/m
      )

      doctor(place, `UPDATE cursor SET seq = ${events} WHERE consumer = 'audit-http'`)
      const young = yield* place.run(["journal", "prune", "--older-than", "1s"])
      assert.match(
        young.stdout,
        /^pruned: 1 messages and \d\d+ events of before \S+Z\naudit-file has .*\nevents of the last 24 hours stay: /
      )
      const check = JSON.parse((yield* place.run(["journal", "check", "--json"])).stdout)
      assert.deepInclude(check, { journal: "dlrkit.db", whole: true, messages: 0, problems: [], more: 0 })
    })
  )
})

describe("forget", () => {
  it.live("leaves no byte of a person beside a tracker, keeps the counts, and can be run twice", () =>
    Effect.gen(function* () {
      const { environment, place, running, server } = yield* tracked({ never: 0.5 })
      yield* Effect.promise(async () => {
        const isAsked = () => server.report().requests.analytics + (server.report().requests.conversations ?? 0) > 1
        while (!isAsked()) await new Promise((resolve) => setImmediate(resolve))
      })
      const to = server.messages[0]?.to as string
      const theirs = server.messages.filter((message) => message.to === to)
      const others = server.messages.filter((message) => message.to !== to)
      const forgotten = yield* place.run(["forget", to, "--json"])
      assert.strictEqual(forgotten.code, 0, forgotten.stderr)
      assert.deepInclude(JSON.parse(forgotten.stdout), { journal: "dlrkit.db", messages: theirs.length })
      assert.match(forgotten.stderr, /^not reached from here: audit files, /)
      assert.notInclude(forgotten.stdout + forgotten.stderr, to.slice(1))
      const again = yield* place.run(["forget", `00${to.slice(1)}`])
      assert.strictEqual(again.code, 0, again.stderr)
      assert.strictEqual(again.stdout, "nothing of that number is in the journal dlrkit.db\n")

      running.child.kill("SIGTERM")
      const ended = yield* Effect.promise(() => running.ended)
      assert.strictEqual(ended.code, 143, ended.stderr)
      const bytes = bytesOf(place)
      for (const { conversationId, id, outboundContactId } of theirs) {
        for (const name of [conversationId, id, outboundContactId]) assert.notInclude(bytes, name as string)
      }
      assert.notInclude(bytes, to.slice(1))
      assert.include(bytes, others[0]?.conversationId as string)
      const check = JSON.parse((yield* place.run(["journal", "check", "--json"])).stdout)
      assert.deepInclude(check, { whole: true, messages: 40, problems: [] })
      const reconciled = JSON.parse((yield* place.run(["reconcile", "--json"], environment)).stdout)
      assert.strictEqual(reconciled.compared, others.length)
    })
  )
})

describe("what cannot be done is said in one line", () => {
  it.live.each([
    ["an age that is none", ["journal", "prune", "--older-than", "old"], /72h/],
    ["no journal to forget in", ["forget", "+49 171 2345678"], /there is none yet/],
    ["what is no number", ["forget", "m-1"], /that is no phone number with its country/]
  ] as const)("%s", ([, args, says]) =>
    Effect.gen(function* () {
      const place = yield* workplace
      const ended = yield* place.run(args)
      assert.strictEqual(ended.code, 2, ended.stderr)
      assert.strictEqual(lines(ended.stderr).length, 1, ended.stderr)
      assert.match(ended.stderr, says)
      assert.strictEqual(ended.stdout, "")
      assert.deepStrictEqual(place.listing(), [])
    })
  )
})
