/**
 * The check of a journal: whether its file is whole, its events are in order, and its messages are what events say of
 * them. It reads page by page, also beside a tracker: what that writes meanwhile is no damage.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as EventNames from "./EventNames.ts"
import { Journal } from "./Journal.ts"
import type { JournalError, JournalStoreService } from "./JournalStore.ts"
import { type FinalStatus, isFinal, nameText, type Resolution, type Status, type TrackedMessage } from "./Message.ts"
import { TrackingEvent } from "./TrackingEvent.ts"

/** What a check found. */
export interface CheckResult {
  readonly events: number
  readonly messages: number
  /** What is wrong, each in a sentence: the first of it. */
  readonly problems: ReadonlyArray<string>
  /** How much is wrong. */
  readonly count: number
}

/** Messages that are held against the events at once, in some 100 MB. The events are read once for so many. */
const sliceSize = 100_000
const pageSize = 1000
/** How often the number of messages is counted again, because a tracker wrote in between. */
const countings = 5

/** What events say under one name. */
interface Told {
  registered: boolean
  /** Another name was the message's before. */
  otherwise: boolean
  joined: boolean
  sent: boolean
  unconfirmed: boolean
  final: { readonly seq: number; readonly status: FinalStatus; readonly late: boolean } | undefined
  conflicts: number
  reported: boolean
}

const nothing = (): Told => ({
  registered: false,
  otherwise: false,
  joined: false,
  sent: false,
  unconfirmed: false,
  final: undefined,
  conflicts: 0,
  reported: false
})

const merged = (a: Told, b: Told | undefined): Told => {
  if (b === undefined) return a
  const [first, other] =
    (a.final?.seq ?? Number.POSITIVE_INFINITY) <= (b.final?.seq ?? Number.POSITIVE_INFINITY) ? [a, b] : [b, a]
  return {
    registered: a.registered || b.registered,
    otherwise: a.otherwise || b.otherwise,
    joined: a.joined || b.joined,
    sent: a.sent || b.sent,
    unconfirmed: a.unconfirmed || b.unconfirmed,
    final: first.final ?? other.final,
    conflicts: a.conflicts + b.conflicts,
    reported: a.reported || b.reported
  }
}

const note = (told: Told, event: Extract<TrackingEvent, EventNames.MessageEvent>): void => {
  told.otherwise ||= EventNames.tellsAnother(event)
  switch (event.kind) {
    case "message.registered":
      // Of a message that was pruned and registered anew, what happened before is of no account.
      Object.assign(told, nothing(), { registered: true })
      break
    case "message.joined":
      told.joined = true
      break
    case "message.sent":
      told.sent = true
      break
    case "message.unconfirmed":
      told.unconfirmed = true
      break
    case "message.conflict":
      told.conflicts += 1
      break
    case "message.reported":
      told.reported = true
      break
    case "message.delivered":
    case "message.failed": {
      const status = event.kind === "message.delivered" ? "delivered" : "failed"
      told.final ??= { seq: event.seq, status, late: event.late === true }
    }
  }
}

/** What of a message is held against the events. */
interface Row {
  readonly key: number
  readonly name: string
  readonly names: EventNames.Known
  readonly alone: boolean
  readonly status: Status
  readonly resolution: Resolution | undefined
  readonly late: boolean
  readonly conflicts: number
  readonly reported: boolean
  readonly lookedAt: number | undefined
}

const called = (message: TrackedMessage): string => nameText(message) || `message ${message.key}, which is nobody's`

const toRow = (message: TrackedMessage): Row => ({
  key: message.key,
  name: called(message),
  names: EventNames.of(message),
  alone: message.alone,
  status: message.status,
  resolution: message.resolution,
  late: message.late,
  conflicts: message.conflicts.length,
  reported: message.report !== undefined,
  lookedAt: message.lookedAt
})

/** What is wrong with a message by itself. */
const contradictionIn = ({ dueAt, resolution, status }: TrackedMessage): string | undefined => {
  if (isFinal(status) && resolution !== status) return `is ${status}, and its end is ${resolution ?? "none"}`
  if (!isFinal(status) && resolution !== undefined && resolution !== "unconfirmed") {
    return `is ${status}, and its end is ${resolution}`
  }
  if (resolution === undefined && dueAt === undefined) return "has no end, and is not to be asked for"
  return resolution !== undefined && dueAt !== undefined ? "has an end, and is to be asked for" : undefined
}

/** What is wrong with a message, held against what events say of it. Where some of these are gone, they say nothing. */
const disagreement = (row: Row, told: ReadonlyMap<string, Told>, pruned: boolean): string | undefined => {
  const { id, others, unnamed } = row.names
  if (id === undefined && others.length === 0) return undefined
  let said = merged(nothing(), id === undefined ? undefined : told.get(id))
  if (unnamed || said.otherwise) {
    // Under the name of a conversation that others belong to, events may be about those.
    if (!row.alone && others.length > 0) return undefined
    for (const name of others) said = merged(said, told.get(name))
  }
  if (!said.registered) return pruned ? undefined : "is there, and no event says that it was registered"
  const status = said.final?.status ?? (said.sent ? "sent" : "pending")
  if (row.status !== status) return `is ${row.status}, and its events say ${status}`
  // Of two that proved to be one, events tell both stories.
  if (said.joined) return undefined
  const resolution = said.final?.status ?? (said.unconfirmed ? "unconfirmed" : undefined)
  if (row.resolution !== resolution) {
    return `has the end ${row.resolution ?? "none"}, and its events say ${resolution ?? "none"}`
  }
  if (row.late !== (said.final?.late ?? false)) {
    return row.late ? "is marked as late, and its events do not say so" : "is late by its events, and not marked so"
  }
  if (row.reported !== said.reported) {
    return row.reported
      ? "has a report of its carrier, and no event tells it"
      : "has no report of its carrier, and its events tell one"
  }
  return row.conflicts === said.conflicts
    ? undefined
    : `has ${row.conflicts} conflicts, and its events tell ${said.conflicts}`
}

const isEvent: (event: unknown) => boolean = Schema.is(TrackingEvent)

/** Reads all events in order, and what cannot be read of them. */
const eachEvent = Effect.fnUntraced(function* (
  store: JournalStoreService,
  from: number,
  on: {
    readonly event: (event: TrackingEvent) => Effect.Effect<void, JournalError> | undefined
    readonly unreadable: (seq: number) => void
  }
): Effect.fn.Return<number, JournalError> {
  let after = from
  /** Up to which event one is read at a time, because one of them cannot be read. */
  let singlyUpTo = 0
  const last = yield* store.lastSeq
  while (true) {
    const limit = after < singlyUpTo ? 1 : pageSize
    const page = yield* Effect.catch(store.events(after, limit), (error) => {
      if (after >= last) return Effect.fail(error)
      if (limit > 1) singlyUpTo = after + limit
      else on.unreadable(++after)
      return Effect.succeed(undefined)
    })
    if (page === undefined) continue
    for (const event of page) {
      const further = on.event(event)
      if (further !== undefined) yield* further
    }
    const newest = page.at(-1)
    if (newest === undefined) return after
    after = newest.seq
  }
})

/**
 * Checks the journal, and tells of so many problems at the most. Messages of which events were pruned, and those whose
 * conversation has others beside them and that have no id of their own, are not held against events.
 */
export const check = Effect.fnUntraced(function* (options: {
  readonly atMost: number
}): Effect.fn.Return<CheckResult, JournalError, Journal> {
  const { store } = yield* Journal
  const problems: Array<string> = []
  let count = 0
  const problem = (text: string) => {
    count += 1
    if (problems.length < options.atMost) problems.push(text)
  }
  for (const damage of yield* store.check) problem(damage)

  const consumers = yield* store.consumers
  const newest = yield* store.lastSeq
  for (const { consumer, seq } of consumers) {
    if (seq > newest) {
      problem(`${consumer} has acknowledged event ${seq}, and the newest is ${newest}: this may be an older copy`)
    }
  }

  // The first reading of all events also looks at the events themselves.
  const firstSeq = yield* store.firstSeq
  let place = Math.max(0, firstSeq - 1)
  let events = 0
  /** Messages that were registered, without those that proved to be others and those that were pruned. */
  let expected = 0
  let prunedEvents = false
  const look = (event: TrackingEvent): Effect.Effect<void, JournalError> | undefined => {
    const from = place + 1
    place = event.seq
    events += 1
    if (!isEvent(event)) problem(`event ${event.seq} (${event.kind}) is not what an event must be`)
    if (event.kind === "message.registered") expected += 1
    if (event.kind === "message.joined") expected -= 1
    if (event.kind === "journal.pruned") {
      expected -= event.messages
      prunedEvents ||= event.events > 0
    }
    if (event.seq === from) return undefined
    // Those that a tracker beside prunes meanwhile are no gap.
    return Effect.map(store.firstSeq, (first) => {
      if (first <= from) problem(`events ${from} to ${event.seq - 1} are not there`)
    })
  }
  const unreadable = (seq: number) => {
    place = seq
    problem(`event ${seq} cannot be read`)
  }

  const readSlice = Effect.fnUntraced(function* (from: number) {
    const rows: Array<Row> = []
    let after = from
    while (rows.length < sliceSize) {
      const page = yield* store.messages({ after, limit: pageSize })
      for (const message of page) {
        const wrong = contradictionIn(message)
        if (wrong !== undefined) problem(`${called(message)}: ${wrong}`)
        rows.push(toRow(message))
      }
      after = page.at(-1)?.key ?? after
      if (page.length < pageSize) return { rows, after, done: true }
    }
    return { rows, after, done: false }
  })

  /** Of rows that disagree with events, those that a tracker has not changed since they were read. */
  const settled = Effect.fnUntraced(function* (suspects: ReadonlyArray<Row>) {
    const same: Array<Row> = []
    for (let index = 0; index < suspects.length; index += pageSize) {
      const chunk = suspects.slice(index, index + pageSize)
      const now = yield* store.find({ keys: chunk.map(({ key }) => key) })
      const texts = new Map(now.map((message) => [message.key, JSON.stringify(toRow(message))]))
      same.push(...chunk.filter((row) => texts.get(row.key) === JSON.stringify(row)))
    }
    return same
  })

  let messages = 0
  let after = 0
  for (let first = true, done = false; !done; first = false) {
    const slice = yield* readSlice(after)
    after = slice.after
    done = slice.done
    messages += slice.rows.length
    const told = new Map<string, Told>()
    for (const { names } of slice.rows) {
      for (const name of [names.id ?? [], names.others].flat()) told.set(name, nothing())
    }
    const hear = (event: TrackingEvent) => {
      if (!EventNames.isOfMessage(event)) return
      const known = told.get(EventNames.best(event) ?? "")
      if (known !== undefined) note(known, event)
    }
    yield* eachEvent(store, first ? place : 0, {
      event: (event) => {
        hear(event)
        return first ? look(event) : undefined
      },
      unreadable: first ? unreadable : () => {}
    })
    const pruned = (yield* store.firstSeq) > 1
    const suspects = slice.rows.filter((row) => disagreement(row, told, pruned) !== undefined)
    for (const row of yield* settled(suspects)) problem(`${row.name}: ${disagreement(row, told, pruned)}`)
  }
  if (place < newest) problem(`events ${place + 1} to ${newest} are not there`)
  if (firstSeq > 1 && !prunedEvents)
    problem(`events 1 to ${firstSeq - 1} are not there, and none says that they were pruned`)

  for (let counting = 1; firstSeq <= 1 && counting <= countings; counting++) {
    yield* eachEvent(store, place, { event: look, unreadable })
    const there = (yield* store.totals()).reduce((sum, total) => sum + total.count, 0)
    if ((yield* store.lastSeq) !== place || (yield* store.firstSeq) > 1) continue
    if (there < expected) problem(`${expected - there} messages are not there that events say were registered`)
    break
  }
  return { events, messages, problems, count }
})
