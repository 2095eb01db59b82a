/**
 * The public API of Genesys Cloud, as far as it tells of messages: paths and models are those of its SDK, version 262.
 *
 * What is served of a message is what an answer says of it: a message that was looked up, or a conversation. Analytics
 * speaks of a message where the conversation holds no other one; where it holds several, of none.
 *
 * @module
 */
import * as AccountEndpoint from "./AccountEndpoint.ts"
import * as AgentlessEndpoint from "./AgentlessEndpoint.ts"
import * as Api from "./Api.ts"
import * as Conversations from "./Conversations.ts"
import * as DetailsJobs from "./DetailsJobs.ts"
import * as DetailsQueryEndpoint from "./DetailsQueryEndpoint.ts"
import * as LookupEndpoints from "./LookupEndpoints.ts"
import * as Selections from "./Selections.ts"

/** Makes the API. */
export const make = (world: Api.World): Api.Api => {
  const conversations = Conversations.make(world.ledger)
  const lookups = LookupEndpoints.make(world, conversations)
  const selections = Selections.make(conversations, world.settings)
  const jobs = DetailsJobs.make(world, conversations)

  const messages = "/api/v2/conversations/messages"
  const analytics = "/api/v2/analytics/conversations/details"
  const limits = "/api/v2/organizations/limits/namespaces"

  // The first that fits answers: "agentless" is no conversation's id, nor "availability" a job's.
  const routes: ReadonlyArray<Route> = [
    route("POST", `${messages}/*/messages/bulk`, ({ now, request }, [id = ""]) => lookups.bulk(id, request.body, now)),
    route("GET", `${messages}/*/details`, ({ now }, [id = ""]) => lookups.details(id, now)),
    route("GET", `${messages}/*/messages/*`, ({ now }, [id = "", message = ""]) => lookups.message(id, message, now)),
    route("GET", `${messages}/*`, ({ now }, [id = ""]) => lookups.conversation(id, now)),
    route("POST", `${messages}/agentless`, ({ now, request }) =>
      AgentlessEndpoint.send(world, conversations, request.body, now)
    ),
    route("POST", `${analytics}/query`, ({ now, request }) =>
      DetailsQueryEndpoint.query(world, selections, request.body, now)
    ),
    route("POST", `${analytics}/jobs`, ({ now, request }) => jobs.submit(request.body, now)),
    route("GET", `${analytics}/jobs/availability`, ({ now }) => jobs.availability(now)),
    route("GET", `${analytics}/jobs/*`, ({ now }, [id = ""]) => jobs.status(id, now)),
    route("DELETE", `${analytics}/jobs/*`, ({ now }, [id = ""]) => jobs.cancel(id, now)),
    route("GET", `${analytics}/jobs/*/results`, ({ now, search }, [id = ""]) =>
      jobs.results(id, new URLSearchParams(search), now)
    ),
    route("GET", limits, () => AccountEndpoint.listNamespaces()),
    route("GET", `${limits}/*`, ({ now }, [name = ""]) => AccountEndpoint.namespace(world, name, "effective", now)),
    route("GET", `${limits}/*/defaults`, ({ now }, [name = ""]) =>
      AccountEndpoint.namespace(world, name, "defaults", now)
    ),
    route("GET", "/api/v2/tokens/me", () => AccountEndpoint.token(world))
  ]

  return (visit) => {
    for (const { answer, method, path } of routes) {
      const found = method === visit.request.method ? path.exec(visit.path) : null
      if (found !== null) return answer(visit, found.slice(1).map(Api.decodeText))
    }
    return Api.nowhere
  }
}

interface Route {
  readonly method: string
  readonly path: RegExp
  readonly answer: (visit: Api.Visit, parts: ReadonlyArray<string>) => Api.Call
}

/** A star stands for one part of the path, which the endpoint is given. */
const route = (method: string, path: string, answer: Route["answer"]): Route => ({
  method,
  path: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll("*", "([^/]+)")}$`),
  answer
})
