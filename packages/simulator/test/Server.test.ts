import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { type Message, SimulatorServer } from "../src/index.ts"
import { connect, messagesOf, type Served, serve } from "./Probe.ts"

describe("the server", () => {
  it.effect("says in one line that its port is in use, that a host is not ours, that an option is wrong", () =>
    Effect.gen(function* () {
      const { port } = yield* serve({ messages: 1 })
      const busy = yield* Effect.flip(SimulatorServer.serve({ port }))
      assert.strictEqual(busy.reason._tag, "PortInUse")
      assert.strictEqual(
        busy.message,
        `127.0.0.1:${port} is in use by another program; choose another port, or 0 for any free one`
      )
      const foreign = yield* Effect.flip(SimulatorServer.serve({ host: "192.0.2.1" }))
      assert.strictEqual(foreign.reason._tag, "CannotListen")
      assert.match(foreign.message, /^cannot listen on 192\.0\.2\.1:0 \(.*\); choose another host or port$/)
      const wrong = yield* Effect.flip(SimulatorServer.serve({ messages: -3 }))
      assert.strictEqual(wrong.reason._tag, "InvalidOptions")
      assert.match(wrong.message, /^the simulator cannot use these options: .*messages.*$/)
    })
  )

  it.effect("ends with its scope, and its port is free again", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { port } = yield* SimulatorServer.serve({ messages: 1 }).pipe(Scope.provide(scope))
      yield* Scope.close(scope, Exit.void)
      const again = yield* SimulatorServer.serve({ messages: 1, port })
      assert.strictEqual(again.port, port)
    })
  )

  it.effect("answers its report without a token, uncounted, also during an outage", () =>
    Effect.gen(function* () {
      const { probe, report } = yield* serve({ messages: 3, seed: 5, outages: [{ from: 0, until: 1_000 }] })
      const seen = yield* probe.get("/_simulator/report")
      assert.strictEqual(seen.status, 200)
      const told = JSON.parse(seen.body)
      assert.deepStrictEqual(told, report())
      const { afterEnd, badQuery, badToken, duringRetryAfter, overBudget, pageTooLarge, urlTooLong } = told
      const counters = [overBudget, duringRetryAfter, pageTooLarge, urlTooLong, badQuery, afterEnd, badToken]
      assert.deepStrictEqual(counters, [0, 0, 0, 0, 0, 0, 0], "they stand at the top")
      assert.deepStrictEqual(report().requests, { messages: 0, analytics: 0, token: 0, other: 0 })
    })
  )

  it.effect("says what a client needs", () =>
    Effect.gen(function* () {
      const { environment, url } = yield* serve({ messages: 1, requestsPerMinute: 3000 })
      assert.deepStrictEqual(environment, {
        GENESYS_CLIENT_ID: "simulator-client",
        GENESYS_CLIENT_SECRET: "simulator-secret",
        GENESYS_API: "messaging",
        GENESYS_API_URL: url,
        GENESYS_LOGIN_URL: url,
        GENESYS_REQUESTS_PER_MINUTE: "3000"
      })
    })
  )

  it.effect("does not wait for answers that are still due when its scope ends", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const serving = yield* SimulatorServer.serve({ messages: 1, rates: { slow: 1 } }).pipe(Scope.provide(scope))
      const served = yield* connect(serving)
      const token = yield* served.probe.token
      const path = messagesOf(served.messages[0]?.externalContactId ?? "")
      const asking = yield* Effect.forkChild(served.probe.get(path, token), { startImmediately: true })
      yield* arrival(served)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(asking)).died, "before")
    })
  )

  it.live("serves nothing to a client that has gone away", () =>
    Effect.gen(function* () {
      const served = yield* serve({
        messages: 2,
        contacts: 1,
        within: 1,
        never: 0,
        missing: 0,
        rates: { slow: 1 },
        slowAnswers: { min: 100, max: 100 }
      })
      const token = yield* served.probe.token
      const ask = ({ id, externalContactId }: Message) =>
        served.probe.get(messagesOf(externalContactId, { messageId: id }), token)
      const [first, second] = served.messages as [Message, Message]
      yield* Effect.raceFirst(ask(first), arrival(served))
      // Its answer is due after the first one's.
      assert.strictEqual((yield* ask(second)).status, 200)
      const { messages } = served.report()
      assert.deepStrictEqual(
        messages.map(({ asked, status }) => [asked, status !== undefined]),
        [
          [1, false],
          [1, true]
        ]
      )
    })
  )
})

/** Waits, without sleeping, until the first request for messages has reached the server. */
const arrival = (served: Served) =>
  Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve))).pipe(
    Effect.repeat({ until: () => served.report().requests.messages > 0 })
  )
