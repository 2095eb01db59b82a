import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import type { SourceOptions } from "../src/index.ts"
import { connect, finish } from "./Connected.ts"
import * as ScriptedPlatform from "./ScriptedPlatform.ts"

const start = Date.parse("2026-03-02T10:00:00Z")

/** A platform on which everything is in order, but for what a test changes, by the beginning of the address. */
const script = (changes: Readonly<Record<string, ScriptedPlatform.Answer>> = {}) => {
  const answers: Readonly<Record<string, ScriptedPlatform.Answer>> = {
    "/api/v2/tokens/me": {
      body: { organization: { id: "o-1", name: "Acme +13175550155" }, OAuthClient: { name: "dlr" } }
    },
    "/api/v2/analytics": { body: { conversations: [], totalHits: 0 } },
    "/api/v2/organizations/limits/namespaces/platform.api": {
      body: { entities: [{ key: "client.credentials.token.rate.per.minute", namespace: "platform.api", value: 300 }] }
    },
    "/api/v2/organizations/limits/namespaces/messaging": {
      body: { entities: [{ key: "agentless.rate.per.minute", value: 60 }, { key: 7 }, null] }
    },
    ...changes
  }
  const date = { date: new Date(start + 2000).toUTCString() }
  const platform = ScriptedPlatform.make(({ url }) => {
    const prefix = Object.keys({ ...changes, ...answers }).find((of) => url.pathname.startsWith(of))
    const answer = prefix === undefined ? undefined : answers[prefix]
    if (answer === undefined && url.pathname === "/oauth/token") return undefined
    return { headers: date, ...(answer ?? { status: 404, body: { code: "not.found", message: "no such thing" } }) }
  })
  return platform
}

const diagnose = (platform: { readonly client: HttpClient.HttpClient }, options: SourceOptions = {}, at = start) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(at)
    const { source } = yield* connect(platform, { api: "conversations", ...options })
    const findings = yield* finish(Stream.runCollect(source.diagnose ?? Stream.empty))
    for (const { advice = "", detail } of findings) {
      assert.notMatch(`${detail}${advice}`, /the-secret|token-1|\n|3175550155/)
    }
    for (const { advice, outcome } of findings) assert.strictEqual(advice === undefined, outcome === "ok")
    return findings
  })

const outcomes = (findings: ReadonlyArray<{ readonly check: string; readonly outcome: string }>) =>
  findings.map(({ check, outcome }) => `${outcome} ${check}`)

const fine = [
  "ok configuration",
  "ok host",
  "ok login",
  "ok token",
  "ok organization",
  "ok conversation:message:view",
  "ok analytics:conversationDetail:view",
  "ok limits of platform.api",
  "ok limits of messaging",
  "ok clock"
]

describe("a diagnosis", () => {
  it.effect("of a set-up that is in order says so, check by check", () =>
    Effect.gen(function* () {
      const platform = script()
      const findings = yield* diagnose(platform)
      assert.deepStrictEqual(outcomes(findings), fine)
      const detail = (check: string) => findings.find((finding) => finding.check === check)?.detail
      assert.strictEqual(detail("token"), "granted, good for 1h")
      assert.include(detail("organization"), "Acme")
      assert.include(detail("configuration"), "the conversations API at https://api.test")
      assert.strictEqual(detail("limits of messaging"), "agentless.rate.per.minute 60")
      // A message that nobody has, and a minute of conversations.
      const [probe] = platform.seen.filter(({ address }) => address.endsWith("/details"))
      assert.match(
        probe?.address ?? "",
        /messages\/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}\/details$/
      )
      const [query] = platform.seen.filter(({ address }) => address.endsWith("/query"))
      const { interval, paging } = JSON.parse(query?.body ?? "")
      const [from = 0, to = 0] = interval.split("/").map(Date.parse)
      assert.deepStrictEqual([to - from, paging], [60_000, { pageSize: 1, pageNumber: 1 }])
      assert.strictEqual(platform.logins().length, 1)
      assert.strictEqual(platform.seen.length, 9)
    })
  )

  const replaced = (check: string, outcome: string) =>
    fine.map((line) => (line === `ok ${check}` ? `${outcome} ${check}` : line))

  const cases: ReadonlyArray<
    readonly [string, Readonly<Record<string, ScriptedPlatform.Answer>>, SourceOptions, string, string, RegExp]
  > = [
    [
      "a permission that is lacking",
      { "/api/v2/conversations/messages": { status: 403, body: { message: "missing" } } },
      {},
      "conversation:message:view",
      "problem",
      /no look-ups.*role with this permission, in every division/
    ],
    [
      "another one",
      { "/api/v2/analytics": { status: 403, body: { message: "missing" } } },
      {},
      "analytics:conversationDetail:view",
      "problem",
      /no sweeps/
    ],
    [
      "a budget that something else uses up",
      { "/api/v2/analytics": { status: 429, headers: { "retry-after": "42" }, body: {} } },
      {},
      "analytics:conversationDetail:view",
      "warning",
      /for 42 s.*something else/
    ],
    [
      "a limit that is another than was set",
      {},
      { requestsPerMinute: 200 },
      "limits of platform.api",
      "warning",
      /300 requests a minute are allowed.*200 are set.*GENESYS_REQUESTS_PER_MINUTE=300/
    ],
    [
      "a limit that is not told",
      { "/api/v2/organizations/limits/namespaces/platform.api": { status: 403, body: { message: "no" } } },
      {},
      "limits of platform.api",
      "warning",
      /not told .*403.*300 requests a minute are assumed/
    ],
    [
      "an organization that is not told",
      { "/api/v2/tokens/me": { status: 404, body: {} } },
      {},
      "organization",
      "warning",
      /not told/
    ]
  ]
  for (const [name, changes, options, check, outcome, expected] of cases) {
    it.effect(`tells of ${name}`, () =>
      Effect.gen(function* () {
        const findings = yield* diagnose(script(changes), options)
        assert.deepStrictEqual(outcomes(findings), replaced(check, outcome))
        const finding = findings.find((of) => of.check === check)
        assert.match(`${finding?.detail} ${finding?.advice}`, expected)
      })
    )
  }

  it.effect("tells of a clock that is off by more than half a minute, either way", () =>
    Effect.gen(function* () {
      for (const [off, outcome, expected] of [
        [20_000, "ok", /^within 2\d s/],
        [-20_000, "ok", /^within (19|20) s/],
        [-90_000, "warning", /clock is (89|90) s behind the platform's$/],
        [90_000, "warning", /clock is 9\d s ahead of the platform's$/]
      ] as const) {
        // Its answers say that it is two seconds after the start.
        const findings = yield* diagnose(script(), {}, start + 2000 + off)
        assert.strictEqual(findings.at(-1)?.outcome, outcome)
        assert.match(findings.at(-1)?.detail ?? "", expected)
      }
    })
  )

  it.effect("stops where wrong credentials do", () =>
    Effect.gen(function* () {
      const platform = script({
        "/oauth/token": { status: 401, body: { error: "invalid_client", description: "client not found" } }
      })
      const findings = yield* diagnose(platform)
      assert.deepStrictEqual(outcomes(findings), [
        "ok configuration",
        "ok host",
        "ok login",
        "problem token",
        "ok clock"
      ])
      assert.match(findings[3]?.advice ?? "", /GENESYS_CLIENT_ID.*region.*Client Credentials/)
    })
  )

  it.effect("stops where the API does not take the token", () =>
    Effect.gen(function* () {
      const platform = script({ "/api/v2/tokens/me": { status: 401, body: { message: "bad.credentials" } } })
      const findings = yield* diagnose(platform)
      assert.deepStrictEqual(outcomes(findings).slice(3), ["ok token", "problem organization", "ok clock"])
    })
  )

  it.effect("does not wait for a token for ever", () =>
    Effect.gen(function* () {
      const platform = script({ "/oauth/token": { status: 429, body: {} } })
      const findings = yield* diagnose(platform)
      assert.deepInclude(findings[3], { check: "token", outcome: "problem" })
      assert.include(findings[3]?.detail, "within a minute")
    })
  )

  it.effect("tells what kind of wall there is before the platform, for the API and for the login", () =>
    Effect.gen(function* () {
      const walls = [
        ["ENOTFOUND", /is unknown.*GENESYS_REGION/],
        ["SELF_SIGNED_CERT_IN_CHAIN", /certificate.*not trusted.*NODE_EXTRA_CA_CERTS/],
        ["ECONNREFUSED", /cannot be reached \(ECONNREFUSED\).*firewall/],
        ["407", /proxy refused.*HTTPS_PROXY/]
      ] as const
      for (const [code, expected] of walls) {
        const client = HttpClient.make((request) =>
          Effect.fail(
            new HttpClientError.HttpClientError({
              reason: new HttpClientError.TransportError({
                request,
                cause: code === "407" ? new Error("Proxy response (407)") : Object.assign(new Error(code), { code })
              })
            })
          )
        )
        const findings = yield* diagnose({ client })
        assert.deepStrictEqual(outcomes(findings), ["ok configuration", "problem host", "problem login"])
        for (const { advice, detail } of findings.slice(1)) assert.match(`${detail} ${advice}`, expected)
      }
    })
  )

  it.effect("looks at each of several clients", () =>
    Effect.gen(function* () {
      const platform = script()
      const findings = yield* diagnose(platform, { credentials: [{ clientId: "second", clientSecret: "x" }] })
      assert.deepStrictEqual(outcomes(findings).slice(3, 5), ["ok token of the-id", "ok organization of the-id"])
      assert.include(outcomes(findings), "ok analytics:conversationDetail:view of second")
      assert.strictEqual(findings.at(-1)?.check, "clock")
    })
  )

  it.effect("of the messaging API probes what that needs", () =>
    Effect.gen(function* () {
      const denied = { "/api/v2/messaging": { status: 403, body: { message: "missing" } } }
      const findings = yield* diagnose(script({ ...denied, "/api/v2/analytics": { body: { entities: [] } } }), {
        api: "messaging"
      })
      assert.deepStrictEqual(outcomes(findings), [
        "ok configuration",
        "ok host",
        "ok login",
        "ok token",
        "problem messaging:messages:read (with messaging:externalcontacts:read)",
        "ok analytics:reports:read",
        "ok clock"
      ])
    })
  )
})
