/** The platform's own SDK, unmodified, is the judge of what the simulator says. It is one object for the whole process. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SimulatorServer } from "../src/index.ts"

/** The SDK reads a configuration in the home directory, and watches it: it is given an empty one. */
const sdk = Effect.acquireRelease(
  Effect.promise(async () => {
    const home = mkdtempSync(path.join(tmpdir(), "dlrkit-sdk-"))
    const { HOME, USERPROFILE } = process.env
    Object.assign(process.env, { HOME: home, USERPROFILE: home })
    const { default: platform } = await import("purecloud-platform-client-v2")
    return { platform, home, HOME, USERPROFILE }
  }),
  ({ home, HOME, platform, USERPROFILE }) =>
    Effect.sync(() => {
      platform.ApiClient.instance.config.live_reload_config = false
      for (const [name, value] of Object.entries({ HOME, USERPROFILE })) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
      rmSync(home, { recursive: true, force: true })
    })
)

const interval = (now: number) =>
  `${new Date(now - 3_600_000).toISOString()}/${new Date(now + 3_600_000).toISOString()}`

describe("the official SDK", () => {
  it.live("logs in, looks up, queries, runs a job, sends, and asks for its limits", () =>
    Effect.gen(function* () {
      const { platform } = yield* sdk
      const served = yield* SimulatorServer.serve({
        api: "conversations",
        messages: 150,
        sharedConversations: 0.2,
        never: 0,
        missing: 0,
        within: 1,
        analyticsLag: 0,
        lakeLag: 0,
        jobTime: 0
      })
      const client = platform.ApiClient.instance
      client.setGateway({ host: served.host, protocol: "http", port: served.port })
      const ask = <A>(promise: () => Promise<A>) => Effect.promise(promise)

      yield* ask(() => client.loginClientCredentialsGrant(served.settings.clientId, served.settings.clientSecret))
      const conversations = new platform.ConversationsApi()
      const shared = Map.groupBy(served.messages, ({ conversationId }) => conversationId)
      const [conversationId = "", messages = []] = [...shared].find(([, messages]) => messages.length > 1) ?? []
      const ids = messages.map(({ id }) => id)
      const listing = yield* ask(() =>
        conversations.postConversationsMessageMessagesBulk(conversationId, { body: [...ids, "unknown"] })
      )
      assert.deepStrictEqual(
        listing.entities?.map(({ id }) => id),
        ids
      )
      const [id = ""] = ids
      const details = yield* ask(() => conversations.getConversationsMessageDetails(id))
      assert.deepStrictEqual(details, listing.entities?.[0])
      assert.deepStrictEqual(
        yield* ask(() => conversations.getConversationsMessageMessage(conversationId, id)),
        details
      )
      const view = yield* ask(() => conversations.getConversationsMessage(conversationId))
      assert.deepStrictEqual(
        view.participants?.[0]?.messages?.map(({ messageId }) => messageId),
        ids
      )

      const analytics = new platform.AnalyticsApi()
      const query = { interval: interval(served.startedAt), order: "asc", orderBy: "conversationStart" }
      const seen = new Set<string | undefined>()
      for (let pageNumber = 1, total = 1; seen.size < total; pageNumber++) {
        const page = yield* ask(() =>
          analytics.postAnalyticsConversationsDetailsQuery({ ...query, paging: { pageSize: 50, pageNumber } })
        )
        total = page.totalHits ?? 0
        assert.strictEqual(total, shared.size)
        for (const { conversationId } of page.conversations ?? []) seen.add(conversationId)
      }
      assert.deepStrictEqual(seen, new Set(shared.keys()))

      const { jobId = "" } = yield* ask(() => analytics.postAnalyticsConversationsDetailsJobs(query))
      const job = yield* ask(() => analytics.getAnalyticsConversationsDetailsJob(jobId))
      assert.strictEqual(job.state, "FULFILLED")
      const found = new Set<string | undefined>()
      let cursor: string | undefined
      do {
        const page = yield* ask(() =>
          analytics.getAnalyticsConversationsDetailsJobResults(jobId, { pageSize: 40, ...(cursor && { cursor }) })
        )
        for (const { conversationId } of page.conversations ?? []) found.add(conversationId)
        cursor = page.cursor
      } while (cursor !== undefined)
      assert.deepStrictEqual(found, seen)
      const available = yield* ask(() => analytics.getAnalyticsConversationsDetailsJobsAvailability())
      assert.isString(available.dataAvailabilityDate)
      yield* ask(() => analytics.deleteAnalyticsConversationsDetailsJob(jobId))

      const sent = yield* ask(() =>
        conversations.postConversationsMessagesAgentless({
          fromAddress: "72201",
          toAddress: "+12065550107",
          toAddressMessengerType: "sms",
          textBody: "Your parcel has arrived"
        })
      )
      const own = yield* ask(() => conversations.getConversationsMessageDetails(sent.id ?? ""))
      assert.deepStrictEqual([own.id, own.conversationId], [sent.message?.id, sent.conversationId])

      const organization = new platform.OrganizationApi()
      const limits = yield* ask(() => organization.getOrganizationsLimitsNamespace("platform.api"))
      assert.isTrue(limits.entities?.some(({ value }) => value === 300))
      const token = yield* ask(() => new platform.TokensApi().getTokensMe())
      assert.strictEqual(token.OAuthClient?.id, served.settings.clientId)
      const { answers, badQuery, badToken, requests } = served.report()
      assert.deepStrictEqual([Object.keys(answers), badQuery, badToken], [["200", "202", "204"], 0, 0])
      assert.deepInclude(requests, { token: 1, agentless: 1, conversations: 1, account: 2, other: 0 })
    })
  )

  it.live("is told what it may not do as by the platform", () =>
    Effect.gen(function* () {
      const { platform } = yield* sdk
      const served = yield* SimulatorServer.serve({
        api: "conversations",
        messages: 1,
        requestsPerMinute: 1,
        denied: ["conversation:message:view"]
      })
      const client = platform.ApiClient.instance
      client.setGateway({ host: served.host, protocol: "http", port: served.port })
      yield* Effect.promise(() =>
        client.loginClientCredentialsGrant(served.settings.clientId, served.settings.clientSecret)
      )
      const conversations = new platform.ConversationsApi()
      const refusal = Effect.promise(() =>
        conversations.getConversationsMessageDetails(served.messages[0]?.id ?? "").then(
          () => undefined,
          (error) => error
        )
      )
      const [denied, throttled] = [yield* refusal, yield* refusal]
      assert.deepInclude(denied, { status: 403, code: "missing.any.permissions" })
      assert.deepInclude(throttled, { status: 429, code: "too.many.requests.retry.after" })
    })
  )
})
