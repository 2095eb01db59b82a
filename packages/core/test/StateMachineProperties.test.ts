/**
 * What must be true of every message, whatever is said of it. `PROPERTY_RUNS=20000 PROPERTY_SEED=7` before the command
 * hunts for more than the fixed cases.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { applyPage, type Page } from "../src/AppliedPage.ts"
import { type Classifier, classify, type Verdict } from "../src/Classifier.ts"
import type { DeliveryReceipt } from "../src/DeliveryReceipt.ts"
import { toRow } from "../src/Exporter.ts"
import { join } from "../src/Join.ts"
import * as Journal from "../src/Journal.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import { type Conflict, isFinal, Status, type TrackedMessage, wasUnconfirmed } from "../src/Message.ts"
import { applyReceipt, expireUnseen } from "../src/StateMachine.ts"
import { type Category, Cause, causes } from "../src/Taxonomy.ts"
import { EventBody } from "../src/TrackingEvent.ts"
import { message, receipt } from "./Samples.ts"

const seed = process.env.PROPERTY_SEED ?? "dlrkit"
const runs = (usual: number) => ({ arbitrary: { runs: Number(process.env.PROPERTY_RUNS ?? usual), seed } })

/** A provider whose words say what they mean: `failed: opted_out`. What it does not explain, it may still give a code. */
const provider: Classifier = {
  name: "provider",
  classify: ({ providerStatus }): Verdict | undefined => {
    const [word, cause] = providerStatus.split(": ")
    if (word === "lost") return { state: "unconfirmed" }
    if (word === "inbound") return { state: "ignore" }
    return cause === undefined || cause === "unexplained" ? undefined : { cause: cause as Cause, rule: cause }
  }
}
const meaning = (of: DeliveryReceipt) => classify([provider], of, () => {})

/** What a receipt tells besides. All that tell of it tell the same. */
const Tells = Schema.Struct({
  externalMessageId: Schema.Boolean,
  conversationId: Schema.Boolean,
  sentAt: Schema.Boolean,
  carrier: Schema.Boolean,
  occurredAt: Schema.Boolean
})
const facts = {
  externalMessageId: "ext-1",
  conversationId: "c-1",
  sentAt: 7,
  carrier: "acme",
  occurredAt: 900
} as const
const told = (tells: typeof Tells.Type) =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => tells[name as keyof typeof tells]))

/** What says nothing of the end. */
const Progress = Schema.Struct({
  word: Schema.Literals(["pending", "queued", "sent", "teleported", "beamed", "inbound"]),
  tells: Tells
})
const progress = ({ tells, word }: typeof Progress.Type): DeliveryReceipt =>
  receipt(word, { ...told(tells), ...(word === "queued" ? { status: "pending" } : {}) })

/** What says how it ended. */
const Final = Schema.Struct({
  status: Schema.Literals(["delivered", "failed"]),
  cause: Cause,
  coded: Schema.Boolean,
  tells: Tells
})
const final = ({ cause, coded, status, tells }: typeof Final.Type): DeliveryReceipt => {
  const code = coded ? { code: status === "failed" ? `CODE-${cause}` : "AT-THE-DOOR" } : {}
  return receipt(status === "failed" ? `failed: ${cause}` : "delivered", { ...told(tells), status, ...code })
}

/** One more way to tell an end, or what tells less. */
const Again = Schema.Struct({ coded: Schema.Boolean, explained: Schema.Boolean, tells: Tells })

/** Receipts in any order, some of them more than once, in any pages, with looks between them. */
const Arrangement = Schema.Struct({
  keys: Schema.Array(Schema.Int),
  again: Schema.Array(Schema.Natural),
  cuts: Schema.Array(Schema.Boolean),
  looks: Schema.Array(Schema.Boolean)
})
const arrange = <A>(items: ReadonlyArray<A>, { again, cuts, keys }: typeof Arrangement.Type) => {
  const more = items.length === 0 ? [] : again.map((index) => items[index % items.length] as A)
  const pages: Array<Array<A>> = [[]]
  for (const [at, item] of [...items, ...more]
    .map((item, at) => [item, keys[at] ?? 0, at] as const)
    .sort((a, b) => a[1] - b[1] || b[2] - a[2])
    .map(([item], at) => [at, item] as const)) {
    if (cuts[at] === true) pages.push([])
    pages.at(-1)?.push(item)
  }
  return pages
}

const page = (receipts: ReadonlyArray<DeliveryReceipt>, looked: ReadonlyArray<number>, startedAt: number): Page => ({
  receipts: receipts.map((receipt) => ({ receipt })),
  classify: meaning,
  looked,
  startedAt,
  nextLook: () => startedAt + 1,
  deadlineOf: (carrier) => (carrier === "acme" ? 50_000 : 90_000)
})

/** Pages of receipts of one message, one after the other, long before its deadline. */
const play = (
  pages: ReadonlyArray<ReadonlyArray<DeliveryReceipt>>,
  looks: ReadonlyArray<boolean> = [],
  from = message()
) => {
  const states = [from]
  const events: Array<EventBody> = []
  for (const [at, receipts] of pages.entries()) {
    const before = states.at(-1) as TrackedMessage
    const looked = looks[at] === true ? [before.key] : []
    const { bodies, update } = applyPage([before], page(receipts, looked, 1000 + at), 1000 + at)
    states.push(update[0] ?? before)
    events.push(...bodies)
  }
  return { states, last: states.at(-1) as TrackedMessage, events }
}

const one = (receipts: ReadonlyArray<DeliveryReceipt>, from?: TrackedMessage) =>
  play(
    receipts.map((receipt) => [receipt]),
    [],
    from
  )

/** All that makes the same end the same; see the state machine's header. */
const end = (of: TrackedMessage) => {
  const { actor, carrier, carrierOrigin, category, cause, classifier, code, conflicts, conversationId } = of
  const { deadlineAt, externalMessageId, messageId, resolution, retryable, rule, sentAt, status } = of
  const reason = { actor, category, cause, classifier, code, retryable, rule }
  const ids = { carrier, carrierOrigin, conversationId, externalMessageId, messageId, sentAt }
  // The deadline of a message that has its end is of no use to anybody.
  const open = resolution === undefined ? { deadlineAt } : {}
  const sorted = conflicts.map((conflict) => JSON.stringify(Object.entries(conflict).sort())).sort()
  return { status, resolution, ...reason, ...ids, ...open, conflicts: sorted }
}

/** Receipts that do not contradict each other: those of one end, and what says nothing of it. */
const Agreeing = Schema.Struct({
  end: Final,
  progress: Schema.Array(Progress),
  ends: Schema.Array(Again),
  lost: Schema.Boolean
})
const agreeing = ({ end, ends, lost, progress: before }: typeof Agreeing.Type): ReadonlyArray<DeliveryReceipt> => [
  ...before.map(progress),
  ...ends.map(({ coded, explained, tells }) =>
    final({ ...end, coded, tells, cause: explained ? end.cause : "unexplained" })
  ),
  ...(lost ? [receipt("lost")] : [])
]

const category = (cause: Cause) => causes[cause].category

/** One cause of each category. */
const causeOf = Object.fromEntries(Object.keys(causes).map((cause) => [category(cause as Cause), cause])) as Readonly<
  Record<Category, Cause>
>

/** The ends that were told, each with the reason that stands: what the state machine is to come to, written otherwise. */
const endsOf = (finals: ReadonlyArray<typeof Final.Type>) => {
  const failed = finals.filter(({ status }) => status === "failed")
  const known = Array.from(new Set(failed.map(({ cause }) => category(cause)))).filter((one) => one !== "unknown")
  const classes = known.length === 0 && failed.length > 0 ? ["unknown"] : known
  return new Set([
    ...classes.map((name) => {
      const same = failed.filter(({ cause }) => category(cause) === name)
      const { cause, coded } = (same.find(({ coded }) => coded) ?? same[0]) as typeof Final.Type
      return `failed ${name} ${coded ? `CODE-${cause}` : ""}`
    }),
    ...(finals.some(({ status }) => status === "delivered") ? ["delivered"] : [])
  ])
}
const endText = ({
  category = "unknown",
  code = "",
  status
}: Pick<Conflict, "category" | "code"> & { status: Status }) =>
  status === "delivered" ? status : `failed ${category} ${code}`
const allEnds = (of: TrackedMessage) => (isFinal(of.status) ? [of, ...of.conflicts] : []).map(endText)

const rank: Readonly<Record<Status, number>> = { pending: 0, sent: 1, delivered: 2, failed: 2 }

/** Anything that a provider may say. */
const Any = Schema.Union([
  Progress.pipe(Schema.fieldsAssign({ kind: Schema.Literal("progress") })),
  Final.pipe(Schema.fieldsAssign({ kind: Schema.Literal("final") })),
  Schema.Struct({ kind: Schema.Literal("lost") })
])
const any = (said: typeof Any.Type): DeliveryReceipt =>
  said.kind === "lost" ? receipt("lost") : said.kind === "final" ? final(said) : progress(said)

const journal = Layer.fresh(Layer.provideMerge(Journal.layer, Layer.fresh(JournalStoreMemory.layer)))

/** Plays pages on a journal with three messages. Of each pair, the number says whose receipt it is. */
const record = (
  pages: ReadonlyArray<ReadonlyArray<readonly [number, DeliveryReceipt]>>,
  looks: ReadonlyArray<boolean>
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const made = yield* Journal.Journal
      yield* made.start({ actor: "tester", command: "test", version: "0", config: {} })
      const registration = {
        source: "scripted",
        carrier: "unknown",
        carrierOrigin: "unknown",
        deadline: 90_000
      } as const
      yield* made.register(
        [1, 2, 3].map((id) => ({
          ...registration,
          // The third is known by its conversation alone.
          ref: id === 3 ? { conversationId: "c-3" } : { messageId: `m-${id}` },
          group: "g",
          expired: undefined
        }))
      )
      for (const [at, receipts] of pages.entries()) {
        const own = receipts.map(([whose, told]) => {
          const { conversationId, ...rest } = told
          const known = conversationId === undefined && whose !== 2 ? {} : { conversationId: `c-${whose + 1}` }
          const key = whose === 2 ? { key: 3 } : {}
          return { ...rest, ...known, ...key, messageId: `m-${whose + 1}` }
        })
        yield* made.commit(page(own, looks[at] === true ? [1, 2, 3] : [], 1000 + at))
      }
      const events = yield* made.store.events(5, 1_000_000)
      return { messages: yield* made.store.messages({ after: 0, limit: 10 }), events, journal: made }
    })
  )

const Shared = Schema.Struct({ messages: Schema.Tuple([Agreeing, Agreeing, Agreeing]), a: Arrangement, b: Arrangement })

describe("receipts that do not contradict each other", () => {
  it.prop(
    "lead to the same end in any order, number and pages, with any looks between them",
    { said: Agreeing, a: Arrangement, b: Arrangement },
    ({ a, b, said }) => {
      const receipts = agreeing(said)
      const first = play(arrange(receipts, a), a.looks)
      const second = play(arrange(receipts, b), b.looks)
      assert.deepStrictEqual(end(second.last), end(first.last))
      assert.deepStrictEqual(first.last.conflicts, [])
    },
    runs(500)
  )

  it.effect.prop(
    "do so in a journal, where the messages of a page do not touch each other",
    { shared: Shared },
    ({ shared: { a, b, messages } }) =>
      Effect.gen(function* () {
        const all = messages.flatMap((said, whose) => agreeing(said).map((receipt) => [whose, receipt] as const))
        const first = yield* Effect.provide(record(arrange(all, a), a.looks), journal)
        const second = yield* Effect.provide(record(arrange(all, b), b.looks), journal)
        assert.strictEqual(first.messages.length, 3)
        assert.deepStrictEqual(second.messages.map(end), first.messages.map(end))
      }),
    runs(100)
  )
})

describe("final receipts that contradict each other", () => {
  it.prop(
    "are the resolution and its conflicts: the first recorded one, and each other one once, whatever else comes",
    { before: Schema.Array(Progress), finals: Schema.NonEmptyArray(Final), arrangement: Arrangement },
    ({ arrangement, before, finals }) => {
      const [first] = finals
      const { events, last } = play(arrange([...before.map(progress), ...finals.map(final)], arrangement))
      const inOrder = one([...before.map(progress), ...finals.map(final)])
      assert.strictEqual(inOrder.last.resolution, first.status)
      if (first.status === "failed") {
        const explained = [first, ...finals].find(
          ({ cause, status }) => status === "failed" && category(cause) !== "unknown"
        )
        const known = category(first.cause) === "unknown" ? explained : first
        assert.strictEqual(inOrder.last.category, category((known ?? first).cause))
      }
      assert.deepStrictEqual(new Set(allEnds(inOrder.last)), endsOf(finals))
      for (const { conflicts, ...rest } of [last, inOrder.last]) {
        const ends = [rest, ...conflicts].map(({ category, status }) => `${status} ${category}`)
        assert.strictEqual(new Set(ends).size, ends.length)
      }
      const conflicts = events.flatMap((event) =>
        event.kind === "message.conflict" ? [`${event.status} ${event.category} ${event.code}`] : []
      )
      assert.strictEqual(new Set(conflicts).size, conflicts.length)
      assert.strictEqual(conflicts.length, last.conflicts.length)
    },
    runs(500)
  )

  it.prop(
    "tell the same ends in any order, the resolution and its conflicts taken together",
    { finals: Schema.Array(Final), a: Arrangement, b: Arrangement },
    ({ a, b, finals }) => {
      // Of several codes of one category the first stands; here each category has one.
      const plain = finals.map((said) => ({ ...said, cause: causeOf[category(said.cause)] }))
      const first = play(arrange(plain.map(final), a), a.looks).last
      const second = play(arrange(plain.map(final), b), b.looks).last
      assert.deepStrictEqual(allEnds(second).sort(), allEnds(first).sort())
      assert.deepStrictEqual(new Set(allEnds(first)), endsOf(plain))
    },
    runs(500)
  )
})

describe("whatever is said", () => {
  const Past = Schema.Array(Any)

  it.prop(
    "a status never goes back, and no end is said twice",
    { said: Past, arrangement: Arrangement, lastLook: Schema.Boolean },
    ({ arrangement, lastLook, said }) => {
      const before = play(arrange(said.map(any), arrangement), arrangement.looks)
      const after = applyPage([before.last], page(lastLook ? said.map(any) : [], [1], 200_000), 200_000)
      const states = [...before.states, ...after.update]
      for (const [at, state] of states.entries()) {
        assert.isAtLeast(rank[state.status], rank[(states[at - 1] ?? state).status])
        assert.strictEqual(state.dueAt === undefined, state.resolution !== undefined)
      }
      const kinds = [...before.events, ...after.bodies].map(({ kind }) => kind)
      const times = (...of: ReadonlyArray<string>) => kinds.filter((kind) => of.includes(kind)).length
      assert.isAtMost(times("message.delivered", "message.failed"), 1)
      assert.isAtMost(times("message.sent"), 1)
      assert.isAtMost(times("message.unconfirmed"), 1)
    },
    runs(500)
  )

  it.effect.prop(
    "the same page twice changes nothing and says nothing, words that nobody knows included",
    { past: Past, again: Past, arrangement: Arrangement },
    ({ again, arrangement, past }) =>
      Effect.gen(function* () {
        const whose = (said: typeof Past.Type) => said.map((one, at) => [at % 3, any(one)] as const)
        const before = arrange(whose(past), arrangement)
        const looks = arrangement.looks.slice(0, before.length)
        const once = yield* record([...before, whose(again)], looks)
        const twice = yield* Effect.provide(record([...before, whose(again), whose(again)], looks), journal)
        assert.deepStrictEqual(twice.messages, once.messages)
        assert.strictEqual(twice.events.length, once.events.length)
      }).pipe(Effect.provide(journal)),
    runs(250)
  )

  it.prop(
    "each receipt that comes again says nothing",
    { said: Past, keys: Arrangement },
    ({ keys, said }) => {
      const { last } = one(said.map(any))
      for (const again of arrange(said.map(any), keys).flat()) {
        const step = applyReceipt(last, again, meaning(again), 5000)
        assert.deepStrictEqual(step.events, [])
        assert.deepStrictEqual({ ...step.message, providerStatus: undefined }, { ...last, providerStatus: undefined })
      }
    },
    runs(500)
  )

  it.prop(
    "an unconfirmed message is resolved by a final receipt, which is late; nothing resolves a final one",
    { past: Schema.Array(Progress), how: Schema.Literals(["deadline", "platform", "retention"]), said: Past },
    ({ how, past, said }) => {
      const before = one(past.map(progress)).last
      const ended =
        how === "deadline"
          ? play([[]], [true], { ...before, deadlineAt: 0 }).last
          : how === "platform"
            ? one([receipt("lost")], before).last
            : expireUnseen(before, "too old", 1000).message
      assert.deepInclude(ended, { resolution: "unconfirmed", late: false, dueAt: undefined })
      const { events, states } = one(said.map(any), ended)
      const first = said.find((one) => one.kind === "final")
      const [resolved = ended, ...later] = states.filter(({ status }) => isFinal(status))
      if (first?.kind !== "final") assert.deepInclude(resolved, { resolution: "unconfirmed", late: false })
      else
        assert.deepInclude(resolved, { resolution: first.status, status: first.status, late: true, dueAt: undefined })
      const { finalAt, late, resolution, seenAt, status } = resolved
      for (const state of later) assert.deepInclude(state, { finalAt, late, resolution, seenAt, status })
      for (const event of events) if ("from" in event) assert.isTrue(event.late)
    },
    runs(500)
  )
})

describe("registrations that prove to be one message", () => {
  const One = Schema.Struct({
    said: Schema.Array(Any),
    at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 })),
    lost: Schema.Boolean,
    knows: Tells,
    labels: Schema.Array(Schema.Literals(["order", "shop", "team"])),
    own: Schema.Boolean,
    looks: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
    missing: Schema.Boolean
  })
  const registered = ({ at, knows, labels, looks, lost, missing, own, said }: typeof One.Type, index: number) => {
    const { carrier: _, occurredAt: __, ...ids } = told(knows)
    const ref = {
      messageId: "m-1",
      ...ids,
      ...(own ? { deadlineAt: 10_000 * (index + 1) } : {}),
      ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels.map((label) => [label, `the ${label}`])) })
    }
    const seen = looks === 0 ? {} : { firstLookAt: at, lookedAt: at + 10 * looks, looks }
    const ids2 = { conversationId: undefined, sentAt: undefined, externalMessageId: undefined, ...ids }
    const first = message({
      key: index + 1,
      ref,
      ...ids2,
      missing,
      ...seen,
      deadlineAt: own ? 10_000 * (index + 1) : 90_000
    })
    let now = first
    for (const [step, one] of said.entries()) {
      // As with a journal's pages: one moment each, unlike that of any other's.
      const when = 100 * (at + step) + index
      const said = any(one)
      now = applyReceipt(now, said, meaning(said), when).message
    }
    return lost && now.resolution === undefined ? expireUnseen(now, "too old", 100 * at + index).message : now
  }
  const whole = (of: TrackedMessage) => {
    const { conversationId, deadlineAt, dueAt, externalMessageId, firstLookAt, late, lookedAt, looks } = of
    const { carrier, carrierOrigin, key, messageId, missing, ref, resolution, seenAt, sentAt, status } = of
    const ids = { conversationId, externalMessageId, messageId, sentAt, carrier, carrierOrigin, key }
    const looked = { firstLookAt, lookedAt, looks, missing, seenAt, dueAt, deadlineAt, late }
    const ends = isFinal(status) ? allEnds(of).map((text) => text.replace(/ \S*$/, "")) : []
    const words = Array.from(new Set(of.unrecognized)).sort()
    const labels = Object.entries(ref.labels ?? {}).sort()
    return {
      ...ids,
      ...looked,
      status,
      resolution,
      words,
      labels,
      ref: { ...ref, labels: undefined },
      ends: ends.sort()
    }
  }
  const both = (a: TrackedMessage, b: TrackedMessage) => join(a, b).message

  it.prop(
    "become the same one in any order, and it knows what all of them knew",
    { registrations: Schema.Tuple([One, One, One]) },
    ({ registrations }) => {
      const all = registrations.map(registered)
      const [a, b, c] = all as [TrackedMessage, TrackedMessage, TrackedMessage]
      const joined = whole(both(both(a, b), c))
      for (const other of [
        both(a, both(b, c)),
        both(both(c, a), b),
        both(b, both(c, a)),
        both(both(b, c), a),
        both(c, both(b, a))
      ]) {
        assert.deepStrictEqual(whole(other), joined)
      }
      const ends = new Set(all.flatMap(allEnds).map((text) => text.replace(/ \S*$/, "")))
      if (Array.from(ends).some((text) => text.startsWith("failed") && text !== "failed unknown"))
        ends.delete("failed unknown")
      assert.deepStrictEqual(new Set(joined.ends), ends)
      const sum = (of: (one: TrackedMessage) => number) => all.reduce((sum, one) => sum + of(one), 0)
      assert.strictEqual(
        joined.looks,
        sum(({ looks }) => looks)
      )
      assert.strictEqual(joined.deadlineAt, Math.max(...all.map(({ deadlineAt }) => deadlineAt)))
      assert.deepStrictEqual(
        joined.words,
        Array.from(new Set(all.flatMap(({ unrecognized = [] }) => unrecognized))).sort()
      )
      if (isFinal(joined.status))
        assert.strictEqual(
          joined.late,
          all.some((one) => one.late || wasUnconfirmed(one))
        )
      assert.strictEqual(
        joined.missing,
        all.every(({ missing }) => missing)
      )
      const open = all.some(({ dueAt }) => dueAt !== undefined)
      if (!isFinal(joined.status)) assert.strictEqual(joined.resolution, open ? undefined : "unconfirmed")
      for (const { conversationId, externalMessageId, ref, sentAt } of all) {
        if (conversationId !== undefined) assert.strictEqual(joined.conversationId, conversationId)
        if (externalMessageId !== undefined) assert.strictEqual(joined.externalMessageId, externalMessageId)
        if (sentAt !== undefined) assert.strictEqual(joined.sentAt, sentAt)
        assert.includeMembers(
          joined.labels.map(([name]) => name),
          Object.keys(ref.labels ?? {})
        )
      }
    },
    runs(400)
  )
})

describe("no receipt whatever", () => {
  const farTimes = {
    none: Number.NaN,
    never: Number.POSITIVE_INFINITY,
    before: -1e300,
    last: 8.64e15,
    beyond: 8.64e15 + 1
  }
  const Junk = Schema.Struct({
    providerStatus: Schema.String,
    status: Schema.UndefinedOr(Status),
    code: Schema.UndefinedOr(Schema.String),
    carrier: Schema.UndefinedOr(Schema.String),
    messageId: Schema.UndefinedOr(Schema.String),
    conversationId: Schema.UndefinedOr(Schema.String),
    externalMessageId: Schema.UndefinedOr(Schema.String),
    occurredAt: Schema.UndefinedOr(Schema.Number),
    sentAt: Schema.UndefinedOr(Schema.Number),
    far: Schema.UndefinedOr(Schema.Literals(Object.keys(farTimes) as ReadonlyArray<keyof typeof farTimes>)),
    state: Schema.UndefinedOr(
      Schema.Literals(["in_progress", "delivered", "failed", "unconfirmed", "ignore", "nonsense"])
    ),
    huge: Schema.Boolean,
    mine: Schema.Boolean
  })
  const check = Schema.decodeUnknownSync(EventBody, { onExcessProperty: "error" })

  it.prop(
    "throws, nor makes anything of which an event, an export or JSON cannot tell",
    { junk: Schema.Array(Junk), cuts: Arrangement },
    ({ cuts, junk }) => {
      const receipts = junk.map(
        ({ far, huge, mine, state: _, ...said }): DeliveryReceipt => ({
          ...said,
          profile: said.providerStatus,
          ...(huge ? { providerStatus: `\u{1f600}\ud800\u0000${said.providerStatus}`.repeat(20_000) } : {}),
          ...(far === undefined ? {} : { occurredAt: farTimes[far], sentAt: farTimes[far] }),
          ...(mine ? { key: 1 } : {})
        })
      )
      const stateOf = new Map(junk.map(({ state }, at) => [receipts[at]?.providerStatus, state]))
      const liar: Classifier = {
        name: "liar",
        classify: (receipt) => ({ state: stateOf.get(receipt.providerStatus) as Verdict["state"] })
      }
      let now = message()
      for (const [at, said] of arrange(receipts, cuts).entries()) {
        const { bodies, update } = applyPage(
          [now],
          { ...page(said, [1], at), classify: (receipt) => classify([liar], receipt, () => {}) },
          at
        )
        now = update[0] ?? now
        for (const body of bodies) assert.deepStrictEqual(check(JSON.parse(JSON.stringify(body))), body)
      }
      assert.isString(toRow(now).values.sentAt)
      for (const said of receipts)
        applyReceipt(
          message(),
          said,
          classify([liar], said, () => {}),
          1
        )
    },
    runs(120)
  )
})
