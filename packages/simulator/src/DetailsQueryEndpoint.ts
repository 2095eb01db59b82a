/**
 * The analytics details query: conversations that started within an interval, a page at a time, as of a while ago.
 *
 * Windows that the platform does not serve whole (too long, too old, too many conversations) are refused with 400. That
 * is no mistake of a client's, which has no other way to learn of it.
 *
 * @module
 */
import * as Answer from "./Answer.ts"
import * as Api from "./Api.ts"
import * as DetailsQuery from "./DetailsQuery.ts"
import * as Page from "./Page.ts"
import { InvalidQuery, readJson } from "./Query.ts"
import type { Selections } from "./Selections.ts"
import * as Session from "./Session.ts"
import type { Settings } from "./Settings.ts"

const day = 86_400_000

/** What analytics needs: one of two. */
export const permission = {
  permissions: ["analytics:conversationDetail:view"],
  alternative: "analytics:agentConversationDetail:view"
}

/** Answers a query. */
export const query = (world: Api.World, selections: Selections, bytes: Uint8Array, now: number): Api.Call => {
  const body = readJson(bytes)
  const asked = DetailsQuery.parse(body)
  const paging = DetailsQuery.parsePaging(body)
  const draft =
    asked instanceof InvalidQuery
      ? Api.refuse(world, asked)
      : paging instanceof InvalidQuery
        ? Api.refuse(world, paging)
        : () => answer(world, selections, asked, paging, now)
  return { endpoint: "analytics", ...permission, draft }
}

const answer = (
  world: Api.World,
  selections: Selections,
  query: DetailsQuery.DetailsQuery,
  { pageNumber, pageSize }: DetailsQuery.Paging,
  now: number
): Answer.Draft => {
  const { faults, settings } = world
  const skip = (pageNumber - 1) * pageSize
  const oldest = now - settings.retentionDays * day
  const find = () => selections.find(query, oldest, now - settings.analyticsLag, skip, pageSize)
  const refusal = tooLongOrOld(query, settings, now)
  const { sessions, total } = refusal === undefined ? find() : { sessions: [], total: 0 }
  const tooMuch = refusal ?? tooMany(total, skip, settings)
  if (tooMuch !== undefined) return Answer.error(400, "bad.request", tooMuch)
  const page = Page.make(sessions.map(Session.item), settings, faults.page)
  Api.inflict(world, page.spoiled)
  const conversations = sessions.length === 0 ? "" : `"conversations":[${page.body}],`
  return { status: 200, body: `{${conversations}"totalHits":${total}}`, sent: page.serve }
}

const tooLongOrOld = ({ from, until }: DetailsQuery.DetailsQuery, { longestDays, syncDays }: Settings, now: number) => {
  if (until - from > longestDays * day) return `The interval is longer than ${longestDays} days`
  return from < now - syncDays * day ? `The interval begins more than ${syncDays} days ago; use a job` : undefined
}

const tooMany = (total: number, skip: number, { mostHits }: Settings) => {
  if (total > mostHits) return `The query found ${total} conversations, more than ${mostHits}; use a shorter interval`
  return skip >= mostHits ? `The page lies beyond the first ${mostHits} conversations` : undefined
}
