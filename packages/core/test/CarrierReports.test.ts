import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as CarrierReports from "../src/CarrierReports.ts"
import { classify } from "../src/Classifier.ts"
import type { DeliveryReceipt } from "../src/DeliveryReceipt.ts"
import { join } from "../src/Join.ts"
import type { TrackedMessage } from "../src/Message.ts"
import { type Cause, causes } from "../src/Taxonomy.ts"
import { EventBody } from "../src/TrackingEvent.ts"
import { message } from "./Samples.ts"

/** A carrier's receipt: a state, or `failed` and its cause; a code where one is told. */
const receipt = (word: string, changes: Partial<DeliveryReceipt> = {}): DeliveryReceipt => {
  const [state = ""] = word.split(": ")
  const status = state === "in_progress" ? "sent" : (state as "delivered" | "failed" | "unconfirmed" | "ignore")
  return {
    profile: "twilio",
    providerStatus: word,
    ...(state === "teleported" ? {} : { status }),
    externalMessageId: "SM1",
    ...changes
  }
}
const classifier = {
  name: "carrier",
  classify: ({ providerStatus }: DeliveryReceipt) => {
    const cause = providerStatus.split(": ")[1]
    return cause === undefined ? undefined : { cause: cause as Cause, rule: cause }
  }
}

const hear = (receipts: ReadonlyArray<DeliveryReceipt>, from: TrackedMessage = message()) =>
  receipts.reduce(
    ({ events, message }, one, at) => {
      const step = CarrierReports.hear(
        message,
        one,
        classify([classifier], one, () => {}),
        at
      )
      return { message: step.message, events: [...events, ...step.events] }
    },
    { message: from, events: [] as ReadonlyArray<EventBody> }
  )

describe("a carrier's report", () => {
  it("stands beside the message, which stays as it is", () => {
    const before = message({ status: "delivered", resolution: "delivered", dueAt: undefined })
    const heard = hear([receipt("failed: opted_out", { code: "21610", field: "ErrorCode", occurredAt: 5 })], before)
    const { report, ...rest } = heard.message
    assert.deepStrictEqual(rest, before)
    assert.deepStrictEqual(report, {
      state: "failed",
      profile: "twilio",
      providerStatus: "failed: opted_out",
      externalMessageId: "SM1",
      code: "21610",
      field: "ErrorCode",
      cause: "opted_out",
      category: "permanent_block",
      retryable: "no",
      actor: "sender",
      classifier: "carrier",
      rule: "opted_out",
      occurredAt: 5,
      recordedAt: 0
    })
    assert.deepStrictEqual(heard.events, [
      {
        kind: "message.reported",
        messageId: "m-1",
        carrier: "unknown",
        profile: "twilio",
        state: "failed",
        providerStatus: "failed: opted_out",
        code: "21610",
        field: "ErrorCode",
        externalMessageId: "SM1",
        occurredAt: "1970-01-01T00:00:00.005Z",
        cause: "opted_out",
        category: "permanent_block"
      }
    ])
  })

  it.each([
    ["the first final one stands", ["delivered", "in_progress", "unconfirmed"], "delivered", [undefined]],
    ["the same again is nothing new", ["failed", "failed", "failed"], "failed", [undefined]],
    ["another end is told once", ["delivered", "failed", "failed", "failed: expired"], "delivered", [undefined, true]],
    ["a reason that comes later explains", ["failed", "failed: expired"], "failed: expired", [undefined, undefined]],
    ["no reason takes none away", ["failed: expired", "failed"], "failed: expired", [undefined]],
    [
      "a reason of another category contradicts",
      ["failed: expired", "failed: opted_out"],
      "failed: expired",
      [undefined, true]
    ],
    ["progress gives way", ["in_progress", "unconfirmed", "in_progress", "delivered"], "delivered", Array(3)],
    ["what nobody knows, and what is no receipt, says nothing", ["teleported", "ignore"], undefined, []]
  ] as const)("%s", (_, words, stands, contradicts) => {
    const { events, message } = hear(words.map((word) => receipt(word)))
    assert.strictEqual(message.report?.providerStatus, stands)
    assert.deepStrictEqual(
      events.map((event) => ("contradicts" in event ? event.contradicts : undefined)),
      Array.from(contradicts)
    )
    assert.strictEqual(message.report?.contradicted, contradicts.some((one) => one === true) ? true : undefined)
    assert.isTrue(events.every(Schema.is(EventBody)))
  })

  it("in progress is what happened last", () => {
    const receipts = [2, 3, 1].map((occurredAt) =>
      receipt("in_progress", { occurredAt, providerStatus: `p${occurredAt}` })
    )
    assert.deepInclude(hear(receipts).message.report, { providerStatus: "p3", occurredAt: 3 })
    assert.deepInclude(hear(receipts.toReversed()).message.report, { providerStatus: "p3", occurredAt: 3 })
  })

  it("tells no time that is none, and nothing of a message that is nobody's", () => {
    const odd = receipt("delivered", { occurredAt: Number.NaN })
    assert.notProperty(hear([odd]).message.report, "occurredAt")
    const nobodys = message({ ref: {}, messageId: undefined })
    assert.deepStrictEqual(hear([odd], nobodys), { message: nobodys, events: [] })
  })

  it("goes on with the message that another one becomes part of", () => {
    const one = message({ key: 1 })
    const other = hear([receipt("delivered")], message({ key: 2 })).message
    const taken = join(one, other)
    assert.deepStrictEqual(taken.message.report, other.report)
    assert.deepStrictEqual(
      taken.events.map(({ kind }) => kind),
      ["message.joined"]
    )
    const contradicted = join(hear([receipt("failed")], one).message, other)
    assert.deepInclude(contradicted.message.report, { state: "failed", contradicted: true })
    assert.deepStrictEqual(
      contradicted.events.map(({ kind }) => kind),
      ["message.joined", "message.reported"]
    )
  })

  const Receipt = Schema.Struct({
    word: Schema.Literals([
      "in_progress",
      "unconfirmed",
      "delivered",
      "failed",
      "failed: expired",
      "failed: network_failure",
      "failed: opted_out",
      "failed: unexplained",
      "ignore",
      "teleported"
    ]),
    coded: Schema.Boolean,
    occurredAt: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))
  })
  const toReceipt = ({ coded, occurredAt, word }: typeof Receipt.Type) =>
    receipt(word, { occurredAt, ...(coded ? { code: `C-${word}` } : {}) })

  it.prop(
    "is the same whatever the order of the receipts, and however often they come",
    { told: Schema.Array(Receipt), keys: Schema.Array(Schema.Int), again: Schema.Array(Schema.Natural) },
    ({ again, keys, told }) => {
      const receipts = told.map(toReceipt)
      const more =
        receipts.length === 0 ? [] : again.map((index) => receipts[index % receipts.length] as DeliveryReceipt)
      const shuffled = [...receipts, ...more]
        .map((one, at) => [keys[at] ?? 0, at, one] as const)
        .sort((a, b) => a[0] - b[0] || b[1] - a[1])
        .map(([, , one]) => one)
      const [first, second] = [hear(receipts).message, hear(shuffled).message]
      assert.strictEqual(second.report?.contradicted, first.report?.contradicted)
      if (first.report?.contradicted !== true) {
        const { category, state } = first.report ?? {}
        assert.deepInclude(second.report ?? {}, first.report === undefined ? {} : { state })
        // A failure that nobody explains has a category of its own, as one without a reason has.
        assert.strictEqual(second.report?.category, category)
        assert.strictEqual(second.report?.code === undefined, first.report?.code === undefined)
      }
      const { report: _, ...untouched } = second
      assert.deepStrictEqual(untouched, message())
      // The same once more changes nothing, and is not told.
      assert.deepStrictEqual(hear([...receipts, ...shuffled], second), { message: second, events: [] })
    }
  )

  it("knows the categories that the cases above rely on", () => {
    assert.strictEqual(causes.expired.category, causes.network_failure.category)
    assert.notStrictEqual(causes.expired.category, causes.opted_out.category)
  })
})
