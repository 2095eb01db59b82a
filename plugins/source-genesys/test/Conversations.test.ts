import type { ReceiptSource } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import type { SourceOptions } from "../src/index.ts"
import { connect as connectTo, finish } from "./Connected.ts"
import * as ScriptedPlatform from "./ScriptedPlatform.ts"

const day = 86_400_000
const now = 100 * day
const minute = 60_000

interface Query {
  readonly from: number
  readonly to: number
  readonly page: number
  readonly campaign: string | undefined
}

const queryOf = ({ body }: ScriptedPlatform.Seen): Query => {
  const { interval, paging, segmentFilters } = JSON.parse(body)
  const [from, to] = interval.split("/").map(Date.parse)
  const campaign = segmentFilters[0].predicates.find(
    ({ dimension }: { readonly dimension: string }) => dimension === "outboundCampaignId"
  )
  return { from, to, page: paging?.pageNumber ?? 0, campaign: campaign?.value }
}

const conversation = (startedAt: number, index: number) => ({
  conversationId: `c-${index}`,
  conversationStart: new Date(startedAt).toISOString(),
  participants: [{ sessions: [{ direction: "outbound", messageType: "sms", deliveryStatus: "Sent" }] }]
})

interface World {
  /** When conversations started, in order. */
  readonly starts: ReadonlyArray<number>
  /** A refusal in place of an answer. */
  readonly refuse?: (query: Query, found: number) => string | undefined
  readonly job?: (line: string) => ScriptedPlatform.Answer | undefined
  readonly availableUntil?: number
}

/** A platform with conversations, its queries and its jobs. */
const make = ({ availableUntil = now, job, refuse = () => undefined, starts }: World) => {
  let window: Query = { from: 0, to: 0, page: 0, campaign: undefined }
  let looks = 0
  const found = ({ from, to }: Query) =>
    starts.flatMap((start, index) => (start >= from && start < to ? [conversation(start, index)] : []))
  const platform = ScriptedPlatform.make((request) => {
    const { method, url } = request
    const path = url.pathname.replace("/api/v2/analytics/conversations/details/", "")
    if (path === "/oauth/token") return undefined
    if (path === "query") {
      const query = queryOf(request)
      const all = found(query)
      const message = refuse(query, all.length)
      if (message !== undefined) return { status: 400, body: { code: "bad.request", message } }
      return { body: { conversations: all.slice((query.page - 1) * 100, query.page * 100), totalHits: all.length } }
    }
    if (path === "jobs/availability") return { body: { dataAvailabilityDate: new Date(availableUntil).toISOString() } }
    const answer = job?.(`${method} ${path}${url.search}`)
    if (answer !== undefined) return answer
    if (path === "jobs") {
      window = queryOf(request)
      return { status: 202, body: { jobId: "job-1" } }
    }
    if (path === "jobs/job-1") return { body: { state: ++looks < 3 ? "PENDING" : "FULFILLED" } }
    if (path === "jobs/job-1/results") {
      const at = Number(url.searchParams.get("cursor") ?? 0)
      const all = found(window)
      const more = at + 2 < all.length ? { cursor: String(at + 2) } : {}
      return { body: { conversations: all.slice(at, at + 2), ...more } }
    }
    return { status: 404, body: {} }
  })
  const asked = () =>
    platform.seen
      .filter(({ url }) => url.pathname !== "/oauth/token")
      .map((request) => `${request.method} ${request.address.replace("/api/v2/analytics/conversations/details/", "")}`)
  return {
    ...platform,
    asked,
    queries: () => platform.seen.filter(({ address }) => address.endsWith("/query")).map(queryOf)
  }
}

const connect = (platform: ReturnType<typeof make>, changes: SourceOptions = {}) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const { source } = yield* connectTo(platform, { api: "conversations", requestsPerMinute: 100_000, ...changes })
    return source
  })

const sweep = (source: ReceiptSource.ReceiptSource, window: ReceiptSource.SweepWindow) =>
  source.sweep === undefined ? assert.fail("it does not sweep") : source.sweep.pages(window)

const read = (source: ReceiptSource.ReceiptSource, window: ReceiptSource.SweepWindow) =>
  finish(Stream.runCollect(sweep(source, window))).pipe(
    Effect.map((pages) => ({
      pages,
      ids: pages.flatMap(({ sightings }) => sightings.map(({ ref }) => Number(ref.conversationId?.slice(2))))
    }))
  )

const spread = (count: number, from: number, to: number) =>
  Array.from({ length: count }, (_, index) => Math.floor(from + ((to - from) * index) / count))

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
const sorted = (ids: ReadonlyArray<number>) => [...ids].sort((a, b) => a - b)

describe("a sweep", () => {
  it.effect("reads a window page after page, each conversation once", () =>
    Effect.gen(function* () {
      const platform = make({ starts: spread(950, now - minute, now) })
      const source = yield* connect(platform)
      const { ids, pages } = yield* read(source, { from: now - minute, to: now, campaignId: "k" })
      assert.deepStrictEqual(ids, upTo(950))
      assert.strictEqual(platform.queries().length, 10)
      assert.isTrue(pages.every(({ total }) => total === 950))
      assert.isTrue(platform.queries().every(({ campaign }) => campaign === "k"))
    })
  )

  it.effect("of nothing is one request", () =>
    Effect.gen(function* () {
      const platform = make({ starts: [] })
      const source = yield* connect(platform)
      const { ids, pages } = yield* read(source, { from: now - minute, to: now })
      assert.deepStrictEqual([ids, pages], [[], [{ sightings: [], total: 0 }]])
      assert.strictEqual(platform.queries().length, 1)
      yield* read(source, { from: now, to: now })
      yield* read(source, { from: now + 10 * day, to: now + 11 * day })
      assert.strictEqual(platform.queries().length, 1)
    })
  )

  it.effect("follows a count that grows, and ends where a page is empty although the count promises more", () =>
    Effect.gen(function* () {
      const grown = spread(300, now - minute, now)
      let seen = 0
      const platform = ScriptedPlatform.make((request) => {
        if (request.url.pathname === "/oauth/token") return undefined
        const { page } = queryOf(request)
        seen = Math.max(seen, page)
        const conversations = grown.map(conversation).slice((page - 1) * 100, page * 100)
        return { body: { conversations, totalHits: page === 1 ? 150 : 1000 } }
      })
      const source = yield* connect({ ...make({ starts: [] }), client: platform.client })
      const { ids } = yield* read(source, { from: now - minute, to: now })
      assert.deepStrictEqual(ids, upTo(300))
      assert.isAtMost(seen, 6)
    })
  )

  it.effect(
    "halves a window with more than it is to read, and reads a campaign of 200,000 in at most 2,100 requests",
    () =>
      Effect.gen(function* () {
        const every = 36
        const begun = now - 180 * minute
        // Sent at an even pace: which ones a window has is worked out, not looked for.
        const index = (at: number) => Math.min(200_000, Math.max(0, Math.ceil((at - begun) / every)))
        let requests = 0
        const platform = ScriptedPlatform.make((request) => {
          if (request.url.pathname === "/oauth/token") return undefined
          requests += 1
          const { from, page, to } = queryOf(request)
          const first = index(from)
          const last = index(to)
          const begin = first + (page - 1) * 100
          const conversations = Array.from({ length: Math.max(0, Math.min(100, last - begin)) }, (_, offset) =>
            conversation(begun + (begin + offset) * every, begin + offset)
          )
          return { body: { conversations, totalHits: last - first } }
        })
        const source = yield* connect({ ...make({ starts: [] }), client: platform.client })
        const seen = new Set<string>()
        yield* finish(
          Stream.runForEach(sweep(source, { from: now - day, to: now }), ({ sightings }) =>
            Effect.sync(() => {
              for (const { ref } of sightings) seen.add(ref.conversationId ?? "")
            })
          )
        )
        assert.strictEqual(seen.size, 200_000)
        assert.isAtMost(requests, 2100)
      })
  )

  it.effect("halves a window that the platform does not serve whole, whatever it says", () =>
    Effect.gen(function* () {
      const platform = make({
        starts: spread(900, now - minute, now),
        refuse: (_, found) => (found > 400 ? "that is a lot" : undefined)
      })
      const source = yield* connect(platform)
      const { ids } = yield* read(source, { from: now - minute, to: now })
      assert.deepStrictEqual(sorted(ids), upTo(900))
    })
  )

  it.effect("learns from a page that is refused, however many the first one promised", () =>
    Effect.gen(function* () {
      const platform = make({
        starts: spread(2000, now - minute, now),
        refuse: ({ page }) => (page > 5 ? "too deep" : undefined)
      })
      const source = yield* connect(platform)
      const { ids } = yield* read(source, { from: now - minute, to: now })
      assert.deepStrictEqual(sorted([...new Set(ids)]), upTo(2000))
      const before = platform.queries().filter(({ page }) => page > 5).length
      yield* read(source, { from: now - minute, to: now })
      assert.strictEqual(platform.queries().filter(({ page }) => page > 5).length, before)
    })
  )

  it.effect("that is not served even for a second ends, and says so", () =>
    Effect.gen(function* () {
      const platform = make({ starts: [], refuse: () => "interval too large" })
      const source = yield* connect(platform)
      const error = yield* finish(Effect.flip(Stream.runDrain(sweep(source, { from: now - day, to: now }))))
      assert.strictEqual(error.reason._tag, "InvalidQuery")
      assert.match(error.message, /not serve even a second .* from 1970-.*interval too large/)
      assert.isAtMost(platform.queries().length, 20)
    })
  )

  it.effect("asks for no window that is wider than one may be", () =>
    Effect.gen(function* () {
      const platform = make({ starts: spread(50, now - 20 * day, now) })
      const source = yield* connect(platform)
      const { ids, pages } = yield* read(source, { from: now - 20 * day, to: now })
      assert.deepStrictEqual(ids, upTo(50))
      assert.deepStrictEqual(
        platform.queries().map(({ from, to }) => Math.round((to - from) / day)),
        [7, 7, 6]
      )
      assert.isTrue(pages.every(({ total }) => total === undefined))
    })
  )

  it.effect("passes on what started beside its window, but not on another day", () =>
    Effect.gen(function* () {
      const platform = make({ starts: [] })
      const client = ScriptedPlatform.make(({ url }) =>
        url.pathname === "/oauth/token"
          ? undefined
          : {
              body: {
                conversations: [now - 2 * day, now - day + 1, now - 1, now + day].map(conversation),
                totalHits: 4
              }
            }
      ).client
      const source = yield* connect({ ...platform, client })
      const { ids } = yield* read(source, { from: now - 2 * minute, to: now - minute })
      assert.deepStrictEqual(ids, [1, 2])
    })
  )
})

describe("history", () => {
  const from = now - 60 * day
  const to = now - 50 * day
  const starts = spread(5, from, to)

  it.effect("is read by a job: submitted, waited for with growing pauses, read by cursor", () =>
    Effect.gen(function* () {
      const platform = make({ starts })
      const source = yield* connect(platform)
      const { ids } = yield* read(source, { from, to })
      assert.deepStrictEqual(ids, upTo(5))
      assert.deepStrictEqual(platform.asked(), [
        "GET jobs/availability",
        "POST jobs",
        "GET jobs/job-1",
        "GET jobs/job-1",
        "GET jobs/job-1",
        "GET jobs/job-1/results?pageSize=1000",
        "GET jobs/job-1/results?pageSize=1000&cursor=2",
        "GET jobs/job-1/results?pageSize=1000&cursor=4"
      ])
      const times = platform.seen.filter(({ address }) => address.endsWith("/job-1")).map(({ at }) => at)
      assert.deepStrictEqual(
        times.slice(1).map((at, index) => at - (times[index] ?? 0)),
        [3000, 4500]
      )
    })
  )

  it.effect("is what the platform says that its query does not serve, and the rest is not", () =>
    Effect.gen(function* () {
      const recent = spread(4, now - 20 * day, now)
      const platform = make({
        starts: recent,
        refuse: ({ from: begin }) => (begin < now - 14 * day ? "begins more than 14 days ago; use a job" : undefined)
      })
      const source = yield* connect(platform)
      const { ids } = yield* read(source, { from: now - 20 * day, to: now })
      assert.deepStrictEqual(sorted(ids), upTo(4))
      assert.strictEqual(platform.asked().filter((line) => line === "POST jobs").length, 1)
    })
  )

  it.effect("is not taken for more than jobs have data of: what is newer is asked of the query", () =>
    Effect.gen(function* () {
      const border = from + 5 * day
      const platform = make({ starts, availableUntil: border })
      const source = yield* connect(platform)
      const { ids } = yield* read(source, { from, to })
      assert.deepStrictEqual(sorted(ids), upTo(5))
      const submitted = platform.seen.find(({ method, address }) => method === "POST" && address.endsWith("/jobs"))
      assert.deepInclude(submitted === undefined ? {} : queryOf(submitted), { from, to: border })
      assert.deepStrictEqual(
        platform.queries().map((query) => [query.from, query.to]),
        [[border, to]]
      )
    })
  )

  it.effect("that jobs have no data of at all submits none", () =>
    Effect.gen(function* () {
      const platform = make({ starts, availableUntil: from - 1 })
      const source = yield* connect(platform)
      yield* read(source, { from, to })
      assert.notInclude(platform.asked(), "POST jobs")
    })
  )

  it.effect("whose job is ended by the platform is an error that says how; nothing is cancelled", () =>
    Effect.gen(function* () {
      for (const state of ["FAILED", "EXPIRED", "CANCELLED"]) {
        const platform = make({
          starts,
          job: (line) => (line === "GET jobs/job-1" ? { body: { state, errorMessage: "out of\nluck" } } : undefined)
        })
        const source = yield* connect(platform)
        const error = yield* finish(Effect.flip(Stream.runDrain(sweep(source, { from, to }))))
        assert.include(error.message, `its analytics job job-1 is ${state.toLowerCase()} (out of luck)`)
        assert.notInclude(platform.asked(), "DELETE jobs/job-1")
        yield* TestClock.setTime(now)
      }
    })
  )

  it.effect("whose job never ends is given up, and cancelled", () =>
    Effect.gen(function* () {
      const platform = make({
        starts,
        job: (line) => (line === "GET jobs/job-1" ? { body: { state: "PENDING" } } : undefined)
      })
      const source = yield* connect(platform, { historyTimeout: "10 minutes" })
      const error = yield* finish(Effect.flip(Stream.runDrain(sweep(source, { from, to }))))
      assert.match(error.message, /job job-1 is still pending after 10m.*historyTimeout/)
      assert.strictEqual(platform.asked().at(-1), "DELETE jobs/job-1")
      assert.isAtMost(platform.asked().length, 40)
    })
  )

  it.effect("that nobody waits for any longer is cancelled at once, once", () =>
    Effect.gen(function* () {
      const platform = make({
        starts,
        job: (line) => (line === "GET jobs/job-1" ? { body: { state: "QUEUED" } } : undefined)
      })
      const source = yield* connect(platform)
      const fiber = yield* Effect.forkChild(Stream.runDrain(sweep(source, { from, to })))
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.interrupt(fiber)
      const deleted = platform.seen.filter(({ method }) => method === "DELETE")
      assert.deepStrictEqual(
        deleted.map(({ address, at, authorization }) => [address, at, authorization]),
        [["/api/v2/analytics/conversations/details/jobs/job-1", now + 20_000, "Bearer token-1"]]
      )
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(platform.seen.at(-1)?.method, "DELETE")
    })
  )

  it.effect("whose pages are too large for the platform is read in its own", () =>
    Effect.gen(function* () {
      const platform = make({
        starts,
        job: (line) => (line.includes("pageSize") ? { status: 400, body: { message: "pageSize" } } : undefined)
      })
      const source = yield* connect(platform)
      const { ids } = yield* read(source, { from, to })
      assert.deepStrictEqual(ids, upTo(5))
    })
  )

  it.effect("whose pages have no end is given up", () =>
    Effect.gen(function* () {
      const platform = make({
        starts,
        job: (line) => (line.includes("/results") ? { body: { conversations: [], cursor: "again" } } : undefined)
      })
      const source = yield* connect(platform)
      const error = yield* finish(Effect.flip(Stream.runDrain(sweep(source, { from, to }))))
      assert.include(error.message, "the pages of its job do not end")
    })
  )
})
