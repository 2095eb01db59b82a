import { type Message, Scorecard } from "@dlrkit/core"
import { assert, it } from "@effect/vitest"
import * as ScorecardText from "../src/ScorecardText.ts"

const scorecard = (messages: ReadonlyArray<Partial<Message.TrackedMessage>>) => {
  const counting = Scorecard.make()
  for (const changes of messages) counting.note({ carrier: "acme", status: "pending", ...changes } as never)
  return counting.scorecard()
}

const many = <A>(count: number, one: A) => Array.from({ length: count }, () => one)

const delivered = { status: "delivered", resolution: "delivered", sentAt: 0, finalAt: 12_000 } as const
const failed = { status: "failed", resolution: "failed", sentAt: 0, finalAt: 250_000 } as const

it("is a table of the carriers, and why the messages of each failed, within 80 columns", () => {
  const said = ScorecardText.render(
    scorecard([
      ...many(90, delivered),
      ...many(4, { ...failed, cause: "sender_unregistered" as const }),
      {
        ...failed,
        cause: "content_filtered",
        report: { state: "delivered", profile: "p", providerStatus: "ok", recordedAt: 0 }
      },
      { ...failed, cause: "content_filtered", sentAt: undefined },
      { status: "sent", resolution: "unconfirmed" },
      {},
      { carrier: "zeta" }
    ])
  )
  assert.deepStrictEqual(said.split("\n"), [
    "carrier  ended  delivered  95 % interval  p50    p95  unconfirmed  open",
    "-----------------------------------------------------------------------",
    "acme        97     92.8 %   85.8 to 96.5  12s  4m10s            1     1",
    "zeta         0          -              -    -      -            0     1",
    "-----------------------------------------------------------------------",
    "all         97     92.8 %   85.8 to 96.5  12s  4m10s            1     2",
    "",
    "acme: 6 failed",
    "   66.7 %  sender_unregistered: register the sender or campaign; hold the queue",
    "   33.3 %  content_filtered: change the text or the link",
    "  its own receipts agree in 0 of 1",
    "",
    "delivered: of those that ended; the interval is the Wilson score.",
    "unconfirmed: ended without a final receipt; they may have arrived.",
    "open: still followed, neither delivered nor failed.",
    "p50, p95: from being sent to the final receipt.",
    "  Of 1 with a final receipt it is not known when they were sent."
  ])
  for (const line of said.split("\n")) assert.isAtMost(line.length, 80)
})

it("says no more than there is to say", () => {
  assert.deepStrictEqual(
    ScorecardText.render(scorecard([delivered]))
      .split("\n")
      .slice(2),
    [
      "acme         1    100.0 %  20.7 to 100.0  12s  12s            0     0",
      "---------------------------------------------------------------------",
      "all          1    100.0 %  20.7 to 100.0  12s  12s            0     0",
      "",
      "delivered: of those that ended; the interval is the Wilson score.",
      "p50, p95: from being sent to the final receipt."
    ]
  )
})

it("has null in JSON for what is not known", () => {
  const { byCarrier, ...all } = ScorecardText.toJson(scorecard([{}]))
  assert.deepStrictEqual(all, {
    registered: 1,
    open: 1,
    ended: 0,
    delivered: 0,
    failed: 0,
    unconfirmed: 0,
    deliveredOfEnded: null,
    interval: null,
    timeToFinal: { messages: 0, unknown: 0, p50Ms: null, p95Ms: null },
    topCauses: [],
    ownWord: { messages: 0, agree: 0 }
  })
  assert.deepStrictEqual(byCarrier.acme, all)
})
