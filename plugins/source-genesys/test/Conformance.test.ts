import { SourceConformance } from "@dlrkit/testkit"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import { connect } from "./Connected.ts"
import * as ScriptedPlatform from "./ScriptedPlatform.ts"

type Fault = SourceConformance.PlatformFault
type Answer = ScriptedPlatform.Answer

const wrong: Readonly<Record<Exclude<Fault, "stall">, Answer>> = {
  junk: { body: [null, "<html>", { entities: 7 }] },
  unavailable: { status: 500, body: { message: "no" } },
  refused: { status: 401, body: { message: "no" } }
}

/** A scripted platform that can go wrong wherever it does not give tokens. */
const faulty = (answer: (request: ScriptedPlatform.Seen) => Answer) => {
  let fault: Fault | undefined
  const begin = (kind: Fault | undefined) => () => {
    fault = kind
  }
  const { client } = ScriptedPlatform.make((request) => {
    if (request.url.pathname === "/oauth/token") return undefined
    return fault === undefined || fault === "stall" ? answer(request) : wrong[fault]
  })
  const stalling = HttpClient.make((request) =>
    fault === "stall" ? Effect.andThen(client.execute(request), Effect.never) : client.execute(request)
  )
  const kinds: ReadonlyArray<Fault> = ["junk", "unavailable", "refused", "stall"]
  const faults = {
    begin: Object.fromEntries(kinds.map((kind) => [kind, begin(kind)])) as Record<Fault, () => void>,
    end: begin(undefined)
  }
  return { platform: { client: stalling }, faults }
}

const known = ["m-1", "m-2", "m-3", "m-4", "m-5"]
const isKnown = (id: string) => known.includes(id)

SourceConformance.suite({
  name: "the source genesys-messaging",
  make: Effect.sync(() => {
    const { faults, platform } = faulty(({ url }) => {
      const ids = (url.searchParams.get("messageId") ?? "").split(",").filter(isKnown)
      const from = Number(url.searchParams.get("pageToken") ?? 0)
      const entities = ids.slice(from, from + 2).map((id) => ({ id, status: "delivered" }))
      return { body: { entities, ...(from + 2 < ids.length && { nextPageToken: String(from + 2) }) } }
    })
    return {
      source: Effect.map(connect(platform, { api: "messaging" }), ({ source }) => source),
      known: known.map((messageId) => ({ messageId, externalContactId: "contact-1" })),
      unknown: { messageId: "m-9", externalContactId: "contact-1" },
      faults
    }
  })
})

const conversationId = "c-1"

SourceConformance.suite({
  name: "the source genesys-conversations",
  make: Effect.sync(() => {
    const { faults, platform } = faulty(({ body, url }) => {
      if (url.pathname.endsWith("/details/query")) {
        const sessions = [{ direction: "outbound", messageType: "sms", deliveryStatus: "Sent" }]
        const found = { conversationId, conversationStart: "1970-01-01T00:00:00.500Z", participants: [{ sessions }] }
        return { body: { conversations: [found], totalHits: 1 } }
      }
      const entities = (JSON.parse(body) as ReadonlyArray<string>)
        .filter(isKnown)
        .map((id) => ({ id, status: "delivery-success", direction: "outbound", messengerType: "sms" }))
      return { body: { entities } }
    })
    return {
      source: Effect.map(connect(platform, { api: "conversations" }), ({ source }) => source),
      known: known.map((messageId) => ({ messageId, conversationId })),
      unknown: { messageId: "m-9", conversationId },
      window: { from: 0, to: 1000 },
      faults
    }
  })
})
