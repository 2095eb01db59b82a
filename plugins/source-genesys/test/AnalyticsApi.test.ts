import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { AnalyticsApi } from "../src/index.ts"

const start = "2026-03-02T10:15:29.900Z"
const changed = "2026-03-02T10:18:44.310Z"

const session = (changes: object = {}) => ({
  sessionId: "s-1",
  mediaType: "message",
  messageType: "sms",
  direction: "outbound",
  addressFrom: "+13175550100",
  addressTo: "tel:+13175550155",
  deliveryStatus: "DeliveryFailed",
  extendedDeliveryStatus: "DEST_ADDR_INVALID",
  deliveryStatusChangeDate: changed,
  ...changes
})

const page = (...participants: ReadonlyArray<ReadonlyArray<object>>) =>
  AnalyticsApi.decodePage({
    conversations: [
      { conversationId: "c-1", conversationStart: start, participants: participants.map((sessions) => ({ sessions })) }
    ],
    totalHits: 1
  })

const sightings = (...participants: ReadonlyArray<ReadonlyArray<object>>) =>
  page(...participants)?.conversations.flatMap(AnalyticsApi.sightingsOf) ?? []

describe("a query", () => {
  it("asks for outbound SMS sessions by the window in which conversations started", () => {
    assert.deepStrictEqual(AnalyticsApi.query({ campaignId: "k" }, { from: 0, to: 60_000 }, 3), {
      interval: "1970-01-01T00:00:00.000Z/1970-01-01T00:01:00.000Z",
      order: "asc",
      orderBy: "conversationStart",
      paging: { pageSize: 100, pageNumber: 3 },
      segmentFilters: [
        {
          type: "and",
          predicates: [
            { type: "dimension", dimension: "mediaType", operator: "matches", value: "message" },
            { type: "dimension", dimension: "messageType", operator: "matches", value: "sms" },
            { type: "dimension", dimension: "direction", operator: "matches", value: "outbound" },
            { type: "dimension", dimension: "outboundCampaignId", operator: "matches", value: "k" }
          ]
        }
      ]
    })
    const { conversationFilters } = AnalyticsApi.query({ conversationIds: ["a", "b"] }, { from: 0, to: 1 }, 1)
    assert.deepStrictEqual(conversationFilters, [
      {
        type: "or",
        predicates: [
          { type: "dimension", dimension: "conversationId", operator: "matches", value: "a" },
          { type: "dimension", dimension: "conversationId", operator: "matches", value: "b" }
        ]
      }
    ])
    assert.notProperty(AnalyticsApi.job({}, { from: 0, to: 1 }), "paging")
  })
})

describe("a conversation", () => {
  it("is a sighting of its send", () => {
    assert.deepStrictEqual(sightings([session({ outboundCampaignId: "k", outboundContactId: "r" })]), [
      {
        ref: {
          conversationId: "c-1",
          campaignId: "k",
          outboundContactId: "r",
          to: "+13175550155",
          from: "+13175550100",
          sentAt: Date.parse(start)
        },
        receipt: {
          conversationId: "c-1",
          profile: "genesys-cloud",
          providerStatus: "DeliveryFailed",
          status: "failed",
          code: "DEST_ADDR_INVALID",
          occurredAt: Date.parse(changed),
          sentAt: Date.parse(start)
        },
        ambiguous: false
      }
    ])
  })

  it("has a code where it failed alone: the extended status, else what describes the error", () => {
    const code = (changes: object) => sightings([session(changes)])[0]?.receipt.code
    assert.strictEqual(code({ extendedDeliveryStatus: undefined, errorCodeDescription: "to 13175550155" }), "to …")
    assert.isUndefined(code({ extendedDeliveryStatus: "DELIVERED", deliveryStatus: "DeliverySuccess" }))
    assert.isUndefined(code({ extendedDeliveryStatus: undefined }))
  })

  it("with several sends is ambiguous; one that is seen from both of its ends is one", () => {
    const other = session({ deliveryStatus: "Sent", extendedDeliveryStatus: undefined })
    assert.deepStrictEqual(
      sightings([session(), other]).map(({ ambiguous }) => ambiguous),
      [true, true]
    )
    assert.deepStrictEqual(
      sightings([session()], [session({ sessionId: "s-2" })], [session({ deliveryStatus: undefined })]).map(
        ({ ambiguous }) => ambiguous
      ),
      [false]
    )
  })

  it("without a delivery status yet is a message all the same", () => {
    const [sighting] = sightings([session({ deliveryStatus: undefined })])
    assert.deepInclude(sighting?.receipt, { status: "pending", code: undefined })
  })

  it("without an outbound SMS shows nothing", () => {
    for (const changes of [
      { direction: "inbound" },
      { direction: undefined },
      { messageType: "whatsapp" },
      { mediaType: "voice" }
    ]) {
      assert.deepStrictEqual(sightings([session(changes)]), [])
    }
  })
})

describe("a page", () => {
  it("that is empty may leave its list out; another thing is none", () => {
    assert.deepInclude(AnalyticsApi.decodePage({ totalHits: 0 }), { size: 0, total: 0 })
    assert.deepInclude(AnalyticsApi.decodePage({}), { size: 0, total: undefined, cursor: undefined })
    assert.deepInclude(AnalyticsApi.decodePage({ conversations: [], cursor: "n" }), { cursor: "n" })
    for (const body of [null, [], "x", { conversations: "x" }, { message: "x" }, { conversations: {} }]) {
      assert.isUndefined(AnalyticsApi.decodePage(body), JSON.stringify(body))
    }
  })

  it.prop(
    "whatever it holds breaks nothing",
    { body: Schema.Json, field: Schema.Json },
    ({ body, field }) => {
      AnalyticsApi.decodePage(body)
      AnalyticsApi.decodeJobState(body)
      AnalyticsApi.decodeJobId(body)
      AnalyticsApi.decodeAvailability(body)
      const strange = Object.fromEntries(Object.keys(session()).map((key) => [key, field]))
      const sessions = [field, strange, { ...strange, direction: "outbound", messageType: "sms", mediaType: "message" }]
      const conversations = [
        field,
        { conversationId: field, participants: field },
        { conversationId: "c", conversationStart: field, participants: [field, { sessions: field }, { sessions }] }
      ]
      const read = AnalyticsApi.decodePage({ conversations, totalHits: field, cursor: field })
      for (const conversation of read?.conversations ?? []) AnalyticsApi.sightingsOf(conversation)
      assert.strictEqual(read?.size, 3)
    },
    { arbitrary: { runs: 300 } }
  )
})
