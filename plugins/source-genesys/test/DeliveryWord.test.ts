import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { AnalyticsApi, ConversationsApi, DeliveryWord } from "../src/index.ts"

/** The same state, as a message, the analytics and a receipt spell it. */
const spellings = [
  ["pending", ["queued", "Queued", "QUEUED"]],
  ["sent", ["sent", "Sent", "DeliveryPushed", "delivery-pushed"]],
  ["delivered", ["delivery-success", "DeliverySuccess", "Delivered", "delivered", "read", "Read"]],
  ["failed", ["delivery-failed", "DeliveryFailed", "Failed", "failed", "FAILED"]]
] as const

/** What each of the three readings makes of a word. */
const readings = (word: string) => [
  ConversationsApi.decodeMessage({ id: "m", status: word })?.receipts[0]?.status,
  ConversationsApi.decodeConversation({ participants: [{ messages: [{ messageId: "m", messageStatus: word }] }] })?.[0]
    ?.receipt.status,
  AnalyticsApi.decodePage({
    conversations: [
      {
        conversationId: "c",
        participants: [{ sessions: [{ direction: "outbound", messageType: "sms", deliveryStatus: word }] }]
      }
    ]
  })?.conversations[0]?.sessions[0]?.receipt.status
]

const anyCase = (word: string, upper: ReadonlyArray<boolean>) =>
  Array.from(word, (letter, index) => (upper[index % upper.length] === true ? letter.toUpperCase() : letter)).join("")

describe("a word for where a message is", () => {
  it.prop(
    "means the same in every spelling and every reading",
    { group: Schema.Literals([0, 1, 2, 3]), pick: Schema.Natural, upper: Schema.NonEmptyArray(Schema.Boolean) },
    ({ group, pick, upper }) => {
      const [status, words] = spellings[group]
      const word = anyCase(words[pick % words.length] as string, upper)
      assert.strictEqual(DeliveryWord.statusOf(word), status, word)
      assert.deepStrictEqual(readings(word), [status, status, status], word)
    },
    { arbitrary: { runs: 200 } }
  )

  it("says nothing of an outbound SMS where it is of inbound ones or other channels, or unknown", () => {
    for (const word of [
      "received",
      "published",
      "removed",
      "teleported",
      "",
      "constructor",
      "__proto__",
      "delivered!"
    ]) {
      assert.isUndefined(DeliveryWord.statusOf(word), word)
    }
  })

  it("that is unknown is kept", () => {
    const [receipt] = ConversationsApi.decodeMessage({ id: "m", status: "teleported" })?.receipts ?? []
    assert.deepStrictEqual([receipt?.providerStatus, receipt?.status], ["teleported", undefined])
  })
})
