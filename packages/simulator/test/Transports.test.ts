import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { type Options, Simulator, SimulatorClient } from "../src/index.ts"
import * as Probe from "./Probe.ts"
import { analytics, conversing, messagesOf } from "./Probe.ts"

const options: Options = {
  messages: 300,
  contacts: 6,
  seed: 42,
  faults: "chaos",
  rates: { failing: 0.05, reset: 0.05, truncated: 0.05, cut: 0.05, throttled: 0.02, slow: 0, contradicted: 0.1 },
  retryAfter: { min: 1, max: 2 },
  revocations: [40_000]
}

/** A fixed sequence of requests, good and bad, over a minute of virtual time; and all that was seen of the answers. */
const play = (probe: Probe.Probe, simulator: Simulator.Simulator) =>
  Effect.gen(function* () {
    const seen: Array<unknown> = []
    const contacts = [...new Set(simulator.messages.map((message) => message.externalContactId))]
    let token = yield* probe.token
    for (let step = 0; step < 240; step++) {
      yield* TestClock.adjust(250)
      const contact = contacts[step % contacts.length] ?? ""
      const answer =
        step % 20 === 7
          ? yield* probe.post(
              "/api/v2/analytics/message/details/query",
              analytics([simulator.messages[step]?.id ?? ""], "1969-12-31T00:00:00Z/1970-01-02T00:00:00Z"),
              { authorization: `Bearer ${token}` }
            )
          : yield* probe.get(messagesOf(contact, { pageSize: String(step % 110) }), token)
      const { connection: _connection, "keep-alive": _keepAlive, ...headers } = answer.headers
      seen.push({ ...answer, headers: { ...headers } })
      if (answer.status === 401) token = yield* probe.token
    }
    return { seen, report: simulator.report() }
  })

/** The same of the conversations API. */
const converse = (probe: Probe.Probe, simulator: Simulator.Simulator) =>
  Effect.gen(function* () {
    const seen: Array<unknown> = []
    let token = yield* probe.token
    for (let step = 0; step < 240; step++) {
      yield* TestClock.adjust(250)
      const { bulk, details, post, query, view } = conversing(probe, token)
      const { conversationId, id } = simulator.messages[step] as Simulator.Simulator["messages"][number]
      const paging = { pageSize: 1 + (step % 110), pageNumber: 1 + (step % 3) }
      const sending = { fromAddress: "72201", toAddress: "+12065550107", toAddressMessengerType: "sms", textBody: "Hi" }
      const answer =
        step % 6 === 0
          ? yield* query({ interval: "1969-12-31T00:00:00Z/1970-01-02T00:00:00Z", paging })
          : step % 6 === 1
            ? yield* details(id)
            : step % 6 === 2
              ? yield* view(conversationId)
              : step % 30 === 3
                ? yield* post("/api/v2/conversations/messages/agentless", sending)
                : yield* bulk(conversationId, [id])
      const { connection: _connection, "keep-alive": _keepAlive, ...headers } = answer.headers
      seen.push({ ...answer, headers: { ...headers } })
      if (answer.status === 401) token = yield* probe.token
    }
    return { seen, report: simulator.report() }
  })

const player = ({ api }: Options) => (api === "conversations" ? converse : play)

const overSockets = (given: Options) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(0)
    const served = yield* Probe.serve(given)
    return yield* player(given)(served.probe, served)
  })

const inProcess = (given: Options) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(0)
    const simulator = yield* Simulator.make(given)
    const client = SimulatorClient.make(simulator, { latency: { min: 0, max: 0 } })
    return yield* player(given)(Probe.make(client, "http://simulator.test", simulator), simulator)
  })

describe("both transports", () => {
  it.effect("give the same bytes and the same report for the same requests", () =>
    Effect.gen(function* () {
      for (const api of ["messaging", "conversations"] as const) {
        const sockets = yield* overSockets({ ...options, api })
        assert.deepStrictEqual(yield* inProcess({ ...options, api }), sockets)
        for (const [kind, count] of Object.entries(sockets.report.inflicted)) {
          if (kind !== "slow" && kind !== "outage") assert.isAbove(count, 0, `${kind} took part`)
        }
      }
    })
  )

  it.effect("give the same again for the same seed, and something else for another", () =>
    Effect.gen(function* () {
      const first = yield* inProcess(options)
      assert.deepStrictEqual(yield* inProcess(options), first)
      assert.notDeepEqual(yield* inProcess({ ...options, seed: 43 }), first)
    })
  )
})
