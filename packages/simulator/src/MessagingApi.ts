/**
 * The messaging API: the messages of an external contact, and the analytics export. It is no part of the public one;
 * some organizations reach one like it through a gateway.
 *
 * What is served of a message is what the messages of its contact say; the analytics export serves nothing: it reports.
 *
 * @module
 */
import * as AnalyticsEndpoint from "./AnalyticsEndpoint.ts"
import * as Answer from "./Answer.ts"
import * as Api from "./Api.ts"
import * as MessagesEndpoint from "./MessagesEndpoint.ts"
import { InvalidQuery } from "./Query.ts"

const contactPath = /^\/api\/v2\/messaging\/externalcontacts\/([^/]+)\/messages$/
const analyticsPath = "/api/v2/analytics/message/details/query"

/** Makes the API. */
export const make = (world: Api.World): Api.Api => {
  const { counts, faults, ledger, settings } = world
  const byContact = Map.groupBy(ledger.entries, (entry) => entry.message.externalContactId)

  const page = (query: MessagesEndpoint.MessagesQuery, now: number): Api.Call["draft"] => {
    const selected = MessagesEndpoint.select(query, ledger.byId, byContact)
    if (selected === undefined) {
      return () => Answer.error(404, "not.found", `There is no external contact '${query.contact}'`)
    }
    for (const entry of selected) entry.asked++
    // An id that the platform does not know has no end.
    const known = selected.length > 0 && selected.length === (query.ids ?? selected).length
    if (known && selected.every((entry) => now > entry.firstAt + settings.inFlight)) counts.wrong.afterEnd++
    return () => {
      const { body, serve, spoiled } = MessagesEndpoint.page(query, selected, settings, faults, now)
      Api.inflict(world, spoiled)
      return { status: 200, body, sent: serve }
    }
  }

  return ({ request, path, search, now }) => {
    const contact = contactPath.exec(path)?.[1]
    if (contact !== undefined && request.method === "GET") {
      const query = MessagesEndpoint.parse(Api.decodeText(contact), new URLSearchParams(search))
      return {
        endpoint: "messages",
        permissions: ["messaging:externalcontacts:read", "messaging:messages:read"],
        draft: query instanceof InvalidQuery ? Api.refuse(world, query) : page(query, now)
      }
    }
    if (path === analyticsPath && request.method === "POST") {
      const query = AnalyticsEndpoint.parse(request.body)
      return {
        endpoint: "analytics",
        permissions: ["analytics:reports:read"],
        draft:
          query instanceof InvalidQuery
            ? Api.refuse(world, query)
            : () => ({ status: 200, body: AnalyticsEndpoint.answer(query, ledger, settings, now) })
      }
    }
    return Api.nowhere
  }
}
