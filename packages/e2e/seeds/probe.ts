import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Scenario from "./Scenario.ts"
import { violations } from "./Judge.ts"
import { play } from "./World.ts"
const [from, to] = (process.argv[2] ?? "1..5").split("..").map(Number)
for (let seed = from!; seed <= (to ?? from!); seed++) {
  const t = performance.now()
  const s = Scenario.of(seed)
  const played = await Effect.runPromise(play(s).pipe(Effect.provide(TestClock.layer())))
  const r = played.simulator.report()
  console.log(seed, s.journal, s.simulator.api, s.simulator.faults, "floor", s.floor/60000, "codes", played.codes.join(), Math.round(performance.now()-t), "ms", r.requests.messages, played.events.length, violations(played).slice(0,4))
  if (process.argv[3]) { for (const n of played.notes.slice(0,60)) console.log(new Date(n.at).toISOString(), n.text); console.log(played.said.slice(-3000)) }
}
