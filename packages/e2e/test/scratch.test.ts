import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { play } from "./virtual.ts"

it.effect("plays", Effect.fnUntraced(function* () {
  for (const faults of ["none", "chaos", "outage", "auth"] as const) {
    const t0 = performance.now()
    const story = yield* play({ simulator: { messages: 500, seed: 1, faults }, deadline: "10 minutes" })
    if (story.exit._tag === "Success") {
      const { summary, requests, durationMs } = story.exit.value
      console.log(faults, JSON.stringify({ ...summary, byCarrier: undefined, byCause: undefined, requests, durationMs, wall: performance.now() - t0 }))
    } else console.log(faults, story.exit)
    const report = story.simulator.report()
    console.log(JSON.stringify({ wrong: report.wrong, requests: report.requests, answers: report.answers, inflicted: report.inflicted }))
    console.log(story.logs.slice(0, 10))
  }
}))
