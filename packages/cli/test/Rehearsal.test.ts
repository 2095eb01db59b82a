import { readdirSync } from "node:fs"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import {
  Auth,
  DelayCurves,
  defineAuditSink,
  defineClassifier,
  type Exporter,
  Journal,
  JournalStoreMemory,
  type ReceiptSource,
  TrackerDefinition
} from "@dlrkit/core"
import * as Genesys from "@dlrkit/source-genesys"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Rehearsal from "../src/Rehearsal.ts"
import * as RehearsalCarriers from "../src/RehearsalCarriers.ts"
import * as RehearsalFigures from "../src/RehearsalFigures.ts"
import * as RehearsalReport from "../src/RehearsalReport.ts"
import * as RehearsalStage from "../src/RehearsalStage.ts"
import * as Scenario from "../src/Scenario.ts"

const hour = 3_600_000

const stageOf = (config: Partial<TrackerDefinition.AnyConfig>, env: Record<string, string> = {}) =>
  RehearsalStage.make(
    TrackerDefinition.make({
      sources: [Genesys.source()],
      classifiers: [GenesysCodes.classifier()],
      deadline: "3 hours",
      // Asks less often than the default does: there is less to play.
      floor: "30 seconds",
      ...config
    }),
    ConfigProvider.layer(ConfigProvider.fromEnvRecord(env))
  )

/** A platform that grants little, so that less of it is soon felt. */
const slow = { GENESYS_REQUESTS_PER_MINUTE: "20" }

/** Plays a scenario beside the calm, with a few messages. */
const rehearse = Effect.fnUntraced(function* (
  name: Scenario.Name,
  config: Partial<TrackerDefinition.AnyConfig> = {},
  options: { readonly env?: Record<string, string>; readonly messages?: number; readonly seed?: string } = {}
) {
  const { env, messages = 40, seed = "1" } = options
  const stage = yield* stageOf(config, env)
  const { carriers } =
    RehearsalCarriers.configured(stage.settings.carriers, stage.api) ?? RehearsalCarriers.invented(stage.api)
  const over = 20 * 60_000
  const scenario = Scenario.make(name, { over, carrier: carriers[0].name, perMinute: stage.perMinute })
  const calm = yield* Rehearsal.play(stage, { seed, messages, over, carriers })
  const troubled = yield* Rehearsal.play(stage, { seed, messages, over, carriers, trouble: scenario.trouble })
  const comparison = RehearsalFigures.compare(calm, troubled, scenario)
  const rehearsed: RehearsalReport.Rehearsed = {
    ...{ scenario, seed, messages, over, comparison, carriers: "invented" },
    source: stage.sourceName,
    perMinute: stage.perMinute,
    deadline: 3 * hour
  }
  return { ...{ stage, scenario, calm, troubled, comparison, rehearsed } }
})

const rehearsal = it.layer(NodeServices.layer)

rehearsal("a rehearsal", (it) => {
  it.effect("platform-outage: receipts are late by as much as it lasts, and none is lost", () =>
    Effect.gen(function* () {
      const { comparison, rehearsed } = yield* rehearse("platform-outage")
      const { calm, late, lookedAtAgain, lost, troubled } = comparison
      assert.deepStrictEqual(lost, [])
      assert.strictEqual(calm.pending + troubled.pending, 0)
      assert.isAbove(late.receipts, 10)
      assert.isAbove(late.maxMs, 1.5 * hour)
      assert.isBelow(late.maxMs, 2.2 * hour)
      assert.isAtLeast(troubled.longestUnansweredMs, 1.9 * hour)
      assert.isBelow(calm.longestUnansweredMs, 60_000)
      assert.isAbove(troubled.lag?.meanMs ?? 0, 5 * (calm.lag?.meanMs ?? 0))
      assert.strictEqual(lookedAtAgain, 0)
      const text = RehearsalReport.render(rehearsed)
      assert.include(text.split("\n"), "lost: 0")
      assert.match(text, /An outage of the platform of 2h delays \d+ receipts by up to \w+; nothing is lost\.$/)
    })
  )

  it.effect("a deadline that passes in an outage has its last look after it", () =>
    Effect.gen(function* () {
      const { comparison, rehearsed } = yield* rehearse("platform-outage", { deadline: "30 minutes" })
      assert.isAbove(comparison.lookedAtAgain, 10)
      assert.strictEqual(comparison.troubled.pending, 0)
      assert.deepStrictEqual(comparison.lost, [])
      assert.match(
        RehearsalReport.conclusion(rehearsed),
        /nothing is lost; \d+ messages whose deadline passed meanwhile were looked at once more\.$/
      )
    })
  )

  it.effect("rate-limit: the platform refuses, and the tracker learns it", () =>
    Effect.gen(function* () {
      const { comparison, scenario } = yield* rehearse("rate-limit", { floor: "3 seconds" }, { env: slow })
      assert.strictEqual(scenario.perMinute, 2)
      assert.strictEqual(comparison.calm.refusals, 0)
      assert.isAbove(comparison.troubled.refusals, 0)
      assert.deepStrictEqual(comparison.lost, [])
    })
  )

  it.effect("carrier-outage and silent-carrier: one carrier's receipts are late, or never come", () =>
    Effect.gen(function* () {
      const carriers = { "shortcode:111": "big", "+1206": "big", "shortcode:222": "small" }
      const outage = yield* rehearse("carrier-outage", { carriers, deadline: "8 hours", floor: "2 minutes" })
      assert.strictEqual(outage.scenario.carrier, "big")
      assert.isAbove(outage.comparison.late.receipts, 5)
      assert.isAbove(outage.comparison.late.maxMs, 3.5 * hour)
      assert.deepStrictEqual(outage.comparison.lost, [])
      assert.isTrue(outage.troubled.messages.every(({ carrierOrigin }) => carrierOrigin === "config"))

      const silent = yield* rehearse("silent-carrier", { carriers, floor: "2 minutes" })
      const { calm, lost, troubled } = silent.comparison
      assert.deepStrictEqual(lost, [])
      const { arrived = 0, messages = 0 } = troubled.unconfirmedByCarrier.big ?? {}
      assert.isAbove(messages, 5 + (calm.unconfirmedByCarrier.big?.messages ?? 0))
      assert.isAbove(arrived, 5)
      assert.isAtMost(arrived, messages)
      assert.include(RehearsalReport.conclusion(silent.rehearsed), "of them arrived all the same")
    })
  )

  it.effect("plays the same from the same seed, and otherwise from another one", () =>
    Effect.gen(function* () {
      const told = (seed: string) =>
        Effect.map(rehearse("platform-outage", {}, { messages: 12, seed }), ({ rehearsed }) =>
          RehearsalReport.toJson(rehearsed)
        )
      const first = yield* told("7")
      assert.strictEqual(yield* told("7"), first)
      assert.notStrictEqual((yield* told("8")).replace('"seed":"8"', '"seed":"7"'), first)
    })
  )

  it.effect("what is lost is told: it is computed, not assumed", () =>
    Effect.gen(function* () {
      const { calm, rehearsed, scenario, troubled } = yield* rehearse("silent-carrier", {}, { messages: 12 })
      const victims = troubled.messages.filter(({ resolution }) => resolution === "delivered").slice(0, 3)
      const [first, second, third] = victims.map(({ messageId = "" }) => messageId)
      const tampered = {
        ...troubled,
        messages: troubled.messages.flatMap((message) => {
          if (message.messageId === first) return [{ ...message, resolution: "failed" as const }]
          if (message.messageId === second) return [{ ...message, resolution: undefined }]
          return message.messageId === third ? [] : [message]
        })
      }
      const comparison = RehearsalFigures.compare(calm, tampered, scenario)
      const lost = new Map(comparison.lost.map(({ messageId, served, tracked }) => [messageId, [tracked, served]]))
      assert.deepStrictEqual(lost.get(first ?? ""), ["failed", "delivered"])
      assert.deepStrictEqual(lost.get(second ?? ""), ["pending", "delivered"])
      assert.deepStrictEqual(lost.get(third ?? ""), ["absent", "delivered"])
      assert.strictEqual(lost.size, 3)
      const text = RehearsalReport.render({ ...rehearsed, comparison })
      assert.include(text, "\nlost: 3\n")
      assert.include(text, `${first} (troubled): tracked as failed, the platform served delivered`)
    })
  )

  it.effect("an end that a classifier decides otherwise than the platform's word is not lost", () =>
    Effect.gen(function* () {
      const doubter = defineClassifier({
        name: "doubter",
        classify: ({ status }) => (status === "failed" ? { state: "unconfirmed" } : undefined)
      })
      const { calm, comparison } = yield* rehearse("platform-outage", { classifiers: [doubter] })
      assert.strictEqual(comparison.calm.failed, 0)
      assert.isAbove(calm.report.messages.filter(({ status }) => status === "failed").length, 0)
      assert.deepStrictEqual(comparison.lost, [])
    })
  )

  it.effect("a run that the config lets end early is told", () =>
    Effect.gen(function* () {
      const impatient = Genesys.source({ resilience: { longestPause: "5 seconds" } })
      const env = { GENESYS_REQUESTS_PER_MINUTE: "60" }
      const config = { sources: [impatient], floor: "1 second" } as const
      const { comparison, rehearsed } = yield* rehearse("rate-limit", config, { env })
      assert.strictEqual(comparison.calm.endedBy, null)
      assert.isAbove(comparison.troubled.pending, 0)
      assert.deepStrictEqual(comparison.lost, [])
      assert.match(RehearsalReport.conclusion(rehearsed), /the run ends with \d+ messages pending \(.+\), and the same/)
    })
  )
})

rehearsal("the stage of a rehearsal", (it) => {
  const region = "eu_central_1"
  const clientId = "mine"
  const clientSecret = "not to be told"
  const sources: ReadonlyArray<readonly [string, ReturnType<typeof Genesys.source>, Record<string, string>?]> = [
    ["explicit credentials", Genesys.source({ region, clientId, clientSecret })],
    [
      "several credentials",
      Genesys.source({ region, credentials: ["a", "b"].map((id) => ({ clientId: id, clientSecret })) })
    ],
    ["a secret in a file that is not there", Genesys.source({ region, clientId, clientSecretFile: "/nowhere/secret" })],
    [
      "credentials in the body, an authority, and a gateway",
      Genesys.source({
        apiUrl: "https://gw.test/a/b",
        api: "conversations",
        credentialsIn: "body",
        ca: "/nowhere/ca.pem"
      })
    ],
    ["the other API", Genesys.source({ apiUrl: "https://gw.test/genesys" })],
    ["the environment", Genesys.source(), { GENESYS_API_URL: "https://gw.test", GENESYS_REQUESTS_PER_MINUTE: "90" }]
  ]

  it.effect("takes any source of Genesys Cloud, whatever its credentials and addresses", () =>
    Effect.gen(function* () {
      for (const [what, source, env = {}] of sources) {
        const { comparison, stage } = yield* rehearse("platform-outage", { sources: [source] }, { env, messages: 12 })
        assert.deepStrictEqual(
          [comparison.lost.length, comparison.calm.pending, comparison.calm.endedBy],
          [0, 0, null],
          what
        )
        assert.isAbove(comparison.calm.delivered, 6, what)
        assert.strictEqual(stage.perMinute, env.GENESYS_REQUESTS_PER_MINUTE === undefined ? 300 : 90, what)
      }
    })
  )

  it.effect("calls no sink, no exporter, no journal, no metrics and no broker of tokens of the config's", () =>
    Effect.gen(function* () {
      const touched: Array<string> = []
      const touch = (what: string) => Effect.sync(() => void touched.push(what))
      const before = readdirSync(".")
      const vault = Context.Service<{ readonly secret: string }>("test/Vault")
      const source = Effect.gen(function* () {
        const { secret } = yield* vault
        return yield* Genesys.source({ region, clientId, clientSecret: secret })
      })
      const { comparison, stage } = yield* rehearse(
        "platform-outage",
        {
          sources: [source],
          journal: Layer.effectDiscard(touch("journal")) as never,
          metrics: [Layer.effectDiscard(touch("metrics"))],
          exports: [
            { name: "export", target: "x", write: () => touch("export") } satisfies Exporter.Exporter,
            Effect.andThen(touch("export built"), Effect.never)
          ],
          audit: [
            defineAuditSink({ name: "warehouse", target: "a table", write: () => void touched.push("sink") }),
            Effect.gen(function* () {
              const fs = yield* FileSystem.FileSystem
              yield* fs.writeFileString("touched.txt", "")
              return defineAuditSink({ name: "eager", write: () => void touched.push("eager sink") })
            })
          ],
          provide: Layer.mergeAll(
            Layer.succeed(vault, { secret: clientSecret }),
            Layer.succeed(Auth.Auth, { token: Effect.die("asked"), renew: () => Effect.die("asked") })
          )
        },
        { messages: 12 }
      )
      assert.deepStrictEqual(touched, [])
      assert.deepStrictEqual(readdirSync("."), before)
      assert.deepStrictEqual(
        stage.sinks.map(({ name, target }) => [name, target]),
        [
          ["warehouse", "a table"],
          ["audit sink 2", "unknown"]
        ]
      )
      for (const { events } of comparison.troubled.sinks)
        assert.strictEqual(events, comparison.troubled.sinks[0]?.events)
      assert.isAbove(comparison.troubled.sinks[0]?.events ?? 0, 24)
      assert.deepStrictEqual(comparison.lost, [])
    })
  )

  it.effect("says in a line what cannot be simulated, and what is missing", () =>
    Effect.gen(function* () {
      const other: ReceiptSource.ReceiptSource = {
        name: "carrier-pigeons",
        describe: {},
        supports: { analytics: false },
        retention: hour,
        concurrency: 1,
        batchSize: 1,
        analyticsBatchSize: 1,
        complete: (ref) => ref,
        refuse: () => undefined,
        groupOf: () => "",
        lookup: () => Stream.empty,
        analytics: () => Effect.succeed({ records: [] })
      }
      const cases: ReadonlyArray<readonly [TrackerDefinition.AnyConfig["sources"], RegExp]> = [
        [[other], /^the source carrier-pigeons cannot be rehearsed/],
        [[Genesys.source({ region }), Effect.succeed(other)], /^the source carrier-pigeons cannot be rehearsed/],
        [[], /names no source/],
        [[Genesys.source({ region: "atlantis" })], /cannot be rehearsed: .*the region "atlantis" is unknown/]
      ]
      for (const [sources = [], expected] of cases) {
        const error = yield* Effect.flip(stageOf({ sources }))
        assert.match(error.message, expected)
        assert.notInclude(error.message, "\n")
      }
      const { otherSources } = yield* stageOf({ sources: [Genesys.source({ region }), Genesys.source({ region })] })
      assert.strictEqual(otherSources, 1)
    })
  )
})

describe("the carriers of a rehearsal", () => {
  it.effect("are those that the journal knows, as it has learned them, the largest first", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      const registered = ["slow", "fast", "slow"].map((carrier, index) => ({
        ref: { messageId: `m-${index}`, carrier },
        source: "genesys-messaging",
        group: "",
        carrier,
        carrierOrigin: "message" as const,
        deadline: hour,
        expired: undefined
      }))
      yield* journal.register(registered)
      const curves = DelayCurves.make()
      for (let count = 0; count < 2_000; count++) {
        for (const [carrier, age] of [
          ["slow", 600_000],
          ["fast", 2_000]
        ] as const) {
          curves.open(carrier, 0, age)
          curves.final(carrier, age, age)
        }
      }
      yield* journal.store.setMemo("delay curves of genesys-messaging", JSON.stringify(curves.snapshot()))
      const table = { "shortcode:777": "fast", "label:region=west": "slow" }
      const found = yield* RehearsalCarriers.learned(journal.store, "genesys-messaging", table, "messaging")
      assert.isDefined(found)
      assert.strictEqual(found.origin, "learned")
      assert.deepStrictEqual(
        found.carriers.map(({ from, name, weight }) => [name, weight, from]),
        [
          ["slow", 2, "rehearsal"],
          ["fast", 1, "777"]
        ]
      )
      for (const [index, median] of [600_000, 2_000].entries()) {
        const delays = (found.carriers[index]?.delay ?? []) as ReadonlyArray<{ readonly median: number }>
        assert.closeTo(Math.log((delays[delays.length >> 1]?.median ?? 0) / median), 0, 0.15)
      }
    }).pipe(Effect.provide(Layer.provide(Journal.layer, JournalStoreMemory.layer)))
  )

  it("are else those of the config's table, and else invented ones that take as long as is typical", () => {
    const table = { "+1317555": "west", "shortcode:12345": "east", "+1206555": "west" }
    assert.deepStrictEqual(
      RehearsalCarriers.configured(table, "conversations")?.carriers.map(({ from, name }) => [name, from]),
      [
        ["east", "12345"],
        ["west", "+1317555"]
      ]
    )
    for (const none of [undefined, {}, () => "anybody"]) {
      assert.isUndefined(RehearsalCarriers.configured(none, "messaging"))
    }
    assert.strictEqual(RehearsalCarriers.invented("messaging").carriers[0].name, "aldermoor")
  })
})
