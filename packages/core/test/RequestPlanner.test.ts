import { assert, describe, it } from "@effect/vitest"
import * as DelayCurve from "../src/DelayCurve.ts"
import * as DelayCurves from "../src/DelayCurves.ts"
import * as PlannedRun from "../src/PlannedRun.ts"
import * as RequestPlanner from "../src/RequestPlanner.ts"

const hour = 3_600_000
const gap = 60_000 / 293
const carriers = [
  { share: 0.6, median: 4_000 },
  { share: 0.3, median: 25_000 },
  { share: 0.1, median: 600_000 }
].map(({ median, share }, index) => ({
  ...{ name: `c-${index}`, share },
  curve: DelayCurve.logNormal([{ share: 0.98, median, sigma: 1 }])
}))
const truth = Object.fromEntries(carriers.map(({ curve, name }) => [name, curve]))

/** Messages sent evenly, their carriers and delays spread evenly over what is true. */
const traffic = (perHour: number, hours: number, sentAt = (index: number) => (index * hour) / perHour) => {
  const count = perHour * hours
  const spread = (index: number, by: number) => ((index + 1) * by) % 1
  const carrier = Uint16Array.from({ length: count }, (_, index) => {
    const draw = spread(index, 0.6180339887498949)
    return draw < 0.6 ? 0 : draw < 0.9 ? 1 : 2
  })
  return {
    ...{ carriers: carriers.map(({ name }) => name), carrier },
    sentAt: Float64Array.from({ length: count }, (_, index) => sentAt(index)),
    finalAt: Float64Array.from(
      { length: count },
      (_, index) =>
        sentAt(index) + DelayCurve.ageAt(carriers[carrier[index]!]!.curve, spread(index, 0.7548776662466927))
    )
  } satisfies PlannedRun.Traffic
}

const planner = (options: Partial<RequestPlanner.RequestPlannerOptions> = {}) =>
  RequestPlanner.make({ floor: 1_000, curves: DelayCurves.make({ carriers: truth, fixed: true }), ...options })

const meanLag = (
  { finalAt, sentAt }: PlannedRun.Traffic,
  { knownAt }: PlannedRun.Run,
  since: number,
  until: number
) => {
  let sum = 0
  let count = 0
  for (let index = 0; index < sentAt.length; index++) {
    if (sentAt[index]! < since || finalAt[index]! >= until) continue
    sum += Math.min(knownAt[index]!, until) - finalAt[index]!
    count++
  }
  return sum / count
}

const open = (carrier: string, bornAt: number) => ({ carrier, bornAt, openAt: bornAt })

describe("the planner of requests", () => {
  it("keeps the lag low at a load that no fixed rule carries, also while it learns", () => {
    const messages = traffic(2_880, 2)
    const run = (curves: DelayCurves.DelayCurves) =>
      PlannedRun.run({ planner: planner({ curves }), traffic: messages, gap, latency: 100, until: 2 * hour })
    const knowing = meanLag(messages, run(DelayCurves.make({ carriers: truth, fixed: true })), hour, 2 * hour)
    const learning = meanLag(messages, run(DelayCurves.make()), hour, 2 * hour)
    assert.isBelow(knowing, 6_500)
    assert.isBelow(learning, 1.15 * knowing)
  })

  it("sends nothing that would reveal less than the floor", () => {
    const made = planner()
    const message = open("c-0", 0)
    const lookUps = [{ dueAt: made.dueAt(message, 0), messages: [message] }]
    const decision = made.choose(2_000, lookUps)
    assert.strictEqual(decision.kind, "wait")
    if (decision.kind !== "wait") return
    assert.isBelow(made.gain(message, decision.until - 10), 1_000)
    const later = made.choose(decision.until, lookUps)
    assert.strictEqual(later.kind, "lookup")
    assert.closeTo(later.gain, 1_000, 5)
  })

  it("asks for several messages of one request before any one of them is worth it", () => {
    const made = planner()
    const alone = { dueAt: 0, messages: [open("c-2", 0)] }
    const together = { dueAt: 0, messages: [1, 2, 3, 4, 5].map(() => open("c-2", 0)) }
    assert.strictEqual(made.choose(70_000, [alone]).kind, "wait")
    const decision = made.choose(70_000, [alone, together])
    assert.deepInclude(decision, { kind: "lookup", index: 1 })
    assert.isBelow(made.dueAt(open("c-2", 0), 0, 5), made.dueAt(open("c-2", 0), 0))
  })

  it("has a price that rises with the load and comes down to the floor afterwards", () => {
    const made = planner()
    const burst = traffic(20_000, 1, () => 1_000)
    PlannedRun.run({ planner: made, traffic: burst, gap, latency: 100, until: hour / 2 })
    assert.isAbove(made.price(), 100_000)
    const run = planner()
    const messages = traffic(20_000, 1, () => 1_000)
    const { knownAt, requests } = PlannedRun.run({
      planner: run,
      traffic: messages,
      gap,
      latency: 100,
      until: 10 * hour
    })
    assert.isBelow(run.price(), 2_000)
    assert.isBelow(requests, 40_000)
    const unknown = knownAt.filter(
      (at, index) => at === Number.POSITIVE_INFINITY && messages.finalAt[index]! < 8 * hour
    )
    assert.lengthOf(unknown, 0)
  })

  it("has due moments computed anew when the price has fallen by half, or the curves are others", () => {
    const curves = DelayCurves.make()
    const made = planner({ curves })
    const basis = made.basis()
    assert.isFalse(made.isStale(basis))
    assert.isTrue(made.isStale({ ...basis, price: 2.1 * basis.price }))
    for (let look = 0; look < 200; look++) made.observed(open("c-1", 0), 600_000, false)
    made.dueAt(open("c-1", 0), 0)
    assert.isTrue(made.isStale(basis))
  })
})

describe("sweeps", () => {
  const sweep = { pageSize: 100, lag: 60_000 }

  it("look a campaign of 200,000 over in at most 2,100 requests", () => {
    const { cells, choose, sent } = planner({ sweep })
    for (let index = 0; index < 200_000; index++) {
      const bornAt = index * 18
      cells?.started(bornAt)
      cells?.add(open(`c-${index % 3}`, bornAt))
    }
    let now = hour + 300_000
    let pages = 0
    let covered = 0
    while (covered < 200_000) {
      const decision = choose(now, [])
      if (decision.kind !== "sweep") assert.fail(decision.kind)
      const { from, to } = decision.window
      const conversations = Math.min(200_000, Math.ceil(to / 18)) - Math.ceil(from / 18)
      const startedAt = now
      for (let page = 0; page < Math.ceil(conversations / 100); page++, now += gap) sent(decision)
      pages += Math.ceil(conversations / 100)
      covered += conversations
      cells?.swept(decision.window, startedAt, conversations)
    }
    assert.strictEqual(covered, 200_000)
    assert.isAtMost(pages, 2_100)
  })

  it("settle what look-ups cannot keep up with", () => {
    const messages = traffic(40_000, 1)
    const run = (more: Pick<PlannedRun.PlannedRunOptions, "sweep">) => {
      const made = planner(more)
      const options = { planner: made, traffic: messages, gap, latency: 100, until: hour, ...more }
      return meanLag(messages, PlannedRun.run(options), hour / 4, hour)
    }
    const [both, lookUps] = [run({ sweep }), run({})]
    assert.isBelow(both, 90_000)
    assert.isBelow(both, lookUps / 5)
  })

  it("are no more when nothing that they could settle is open", () => {
    const { cells, choose } = planner({ sweep })
    const message = open("c-0", 1_000)
    cells?.started(message.bornAt)
    cells?.add(message)
    assert.strictEqual(choose(200_000, []).kind, "sweep")
    cells?.remove(message)
    assert.strictEqual(choose(200_000, []).kind, "wait")
    cells?.awaitLast(message.bornAt, 1)
    assert.strictEqual(choose(210_000, []).kind, "sweep")
  })

  it("show what was sent before their lag, and count from there on", () => {
    const { cells, gain } = planner({ sweep })
    const message = { ...open("c-1", 20_000), alone: true }
    cells?.started(message.bornAt)
    cells?.add(message)
    const before = gain(message, 200_000)
    cells?.swept({ from: 15_000, to: 30_000 }, 180_000, 1)
    assert.strictEqual(cells?.seenAt(message.bornAt), 120_000)
    assert.isBelow(gain(message, 200_000), before)
  })
})
