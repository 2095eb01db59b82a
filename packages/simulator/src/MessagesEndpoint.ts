/**
 * The messages of an external contact: a page of receipts.
 *
 * @module
 */
import type { Spoiled } from "./Api.ts"
import type { Faults } from "./Faults.ts"
import * as Ledger from "./Ledger.ts"
import type { Message } from "./Message.ts"
import { InvalidQuery } from "./Query.ts"
import type { Settings } from "./Settings.ts"
import { type Outcome, type Status, statusAt, statuses } from "./Story.ts"

/** What a request asks for. */
export interface MessagesQuery {
  readonly contact: string
  /** Without duplicates; all messages of the contact where absent. */
  readonly ids: ReadonlyArray<string> | undefined
  readonly statuses: ReadonlySet<Status> | undefined
  readonly pageSize: number
  readonly page: number
  /** Where in the list of ids (or of the contact's messages) the page begins. */
  readonly from: number
}

const isStatus = (word: string): word is Status => (statuses as ReadonlyArray<string>).includes(word)

const list = (text: string | null) =>
  text === null ? undefined : [...new Set(text.split(",").map((word) => word.trim()))]

/** Reads a query, or says what is wrong with it. */
export const parse = (contact: string, parameters: URLSearchParams): MessagesQuery | InvalidQuery => {
  const ids = list(parameters.get("messageId"))
  if (ids?.includes("")) return new InvalidQuery("badQuery", "messageId holds an empty id")
  const words = list(parameters.get("status"))
  const unknown = words?.find((word) => !isStatus(word))
  if (unknown !== undefined)
    return new InvalidQuery("badQuery", `status '${unknown}' is not one of ${statuses.join(", ")}`)
  const size = parameters.get("pageSize") ?? "25"
  if (!/^\d+$/.test(size) || Number(size) < 1)
    return new InvalidQuery("badQuery", `pageSize '${size}' is not a number from 1 to 100`)
  if (Number(size) > 100) return new InvalidQuery("pageTooLarge", `pageSize ${size} is greater than 100`)
  const position = readToken(parameters.get("pageToken"))
  if (position === undefined) return new InvalidQuery("badQuery", "pageToken is none that was given out")
  return { contact, ids, statuses: words && new Set(words.filter(isStatus)), pageSize: Number(size), ...position }
}

const writeToken = (page: number, from: number) => Buffer.from(JSON.stringify({ page, from })).toString("base64")

const readToken = (token: string | null): { readonly page: number; readonly from: number } | undefined => {
  if (token === null) return { page: 1, from: 0 }
  const match = /^\{"page":(\d+),"from":(\d+)\}$/.exec(Buffer.from(token, "base64").toString())
  return match === null ? undefined : { page: Number(match[1]), from: Number(match[2]) }
}

/** The messages that a query asks for, in its order; `undefined` where the platform does not know the contact. */
export const select = (
  query: MessagesQuery,
  byId: Ledger.Ledger["byId"],
  byContact: ReadonlyMap<string, ReadonlyArray<Ledger.Entry>>
): ReadonlyArray<Ledger.Entry> | undefined => {
  const all = byContact.get(query.contact)
  if (all === undefined || query.ids === undefined) return all
  return query.ids
    .map((id) => byId.get(id))
    .filter((entry) => entry !== undefined)
    .filter((entry) => entry.message.externalContactId === query.contact)
}

/** A page, and what is to be recorded once it has been served. */
export interface Page {
  readonly body: string
  readonly spoiled: Spoiled
  readonly serve: (now: number) => void
}

/**
 * Makes a page.
 *
 * Whatever spoils it (duplicates, a late older status, a contradiction) follows at its end and comes on top of
 * `pageSize`. A contradiction always follows the message's own final receipt in the same page: so the first final
 * status that a client sees is the same each time, also for a client that died before it could record the first page.
 */
export const page = (
  query: MessagesQuery,
  selected: ReadonlyArray<Ledger.Entry>,
  settings: Settings,
  faults: Faults,
  now: number
): Page => {
  const oldest = now - settings.retentionDays * 86_400_000
  const wanted = (status: Status) => query.statuses?.has(status) ?? true
  const entities: Array<string> = []
  const late: Array<string> = []
  const finals: Array<readonly [Ledger.Entry, Outcome]> = []
  const advanced: Array<Ledger.Entry> = []
  const contradictions: Array<readonly [Ledger.Entry, Outcome]> = []
  let stale = 0
  let next: number | undefined
  for (let index = query.from; index < selected.length; index++) {
    const entry = selected[index] as Ledger.Entry
    const { message } = entry
    const status = statusAt(message, now)
    if (!Ledger.isVisible(entry, oldest, now) || !wanted(status)) continue
    if (entities.length === query.pageSize) {
      next = index
      break
    }
    const old = faults.page.happens(settings.rates.stale)
    if (status === "delivered" || status === "failed") {
      entities.push(entity(entry, status))
      finals.push([entry, message.outcome as Outcome])
      if (old && wanted("sent")) {
        late.push(entity(entry, "sent"))
        stale++
      }
      if (message.contradiction !== undefined && wanted(message.contradiction.status)) {
        contradictions.push([entry, message.contradiction])
      }
    } else if (status === "sent" && old && entry.advanced && wanted("pending")) {
      entities.push(entity(entry, "pending"))
      stale++
    } else {
      entities.push(entity(entry, status))
      if (status === "sent") advanced.push(entry)
    }
  }
  const duplicated = faults.page.happens(settings.rates.duplicated) ? Math.min(3, entities.length) : 0
  for (let count = 0; count < duplicated; count++)
    late.push(entities[faults.page.whole(0, entities.length - 1)] as string)
  for (const [entry, outcome] of contradictions) late.push(encode(entry.message, outcome))

  const token = next === undefined ? "" : `,"nextPageToken":${JSON.stringify(writeToken(query.page + 1, next))}`
  return {
    body: `{"entities":[${[...entities, ...late].join(",")}]${token}}`,
    spoiled: { duplicated, stale, contradicted: contradictions.length },
    serve: (at) => {
      for (const entry of advanced) entry.advanced = true
      for (const [entry, outcome] of finals) Ledger.serve(entry, outcome, at)
      for (const [entry, outcome] of contradictions) Ledger.serve(entry, outcome, at)
    }
  }
}

/** An entity with what the message itself says at a status. */
const entity = (entry: Ledger.Entry, status: Status): string => {
  const { message, json } = entry
  json[status] ??= encode(message, message.outcome?.status === status ? message.outcome : { status })
  return json[status]
}

const encode = (message: Message, receipt: { readonly status: Status; readonly statusDetails?: string }): string =>
  JSON.stringify({
    id: message.id,
    status: receipt.status,
    statusDetails: receipt.statusDetails,
    routingStatus: receipt.status === "pending" ? "queued" : "routed",
    externalMessageId: message.externalMessageId,
    createdDate: new Date(message.sentAt).toISOString()
  })
