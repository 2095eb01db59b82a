/**
 * One journal, its platform and its sinks, and a command that is started and killed again and again.
 *
 * @module
 */
import { cpSync, existsSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { SimulatorServer } from "@dlrkit/simulator"
import * as Effect from "effect/Effect"
import { lines, platform, type Running, workplace } from "../test/command.ts"
import * as Receiver from "./Receiver.ts"
import { judge, type Verdict } from "./Verdict.ts"

/** What is tracked. */
export type Scenario = NonNullable<Parameters<typeof SimulatorServer.serve>[0]>

/** How a run ended: killed, or by itself with a code. */
export interface Run {
  readonly killed: boolean
  /** Milliseconds. */
  readonly lasted: number
  /** The boundaries that it passed, in their order. */
  readonly boundaries: ReadonlyArray<string>
}

/** A trial that is going on. */
export interface Trial {
  /**
   * Runs the command once. It kills itself at a boundary, or is killed by whoever is given it and is told whether it has
   * passed its first boundary; else it ends by itself.
   */
  readonly run: (how: {
    readonly killAt?: string
    readonly whileRunning?: (running: Running, hasBegun: () => boolean) => void
    /** No sink fails. */
    readonly calm?: boolean
  }) => Effect.Effect<Run>
  /** Runs the command to its end, with no sink failing, and judges. */
  readonly conclude: Effect.Effect<Verdict>
  /** Copies everything to where it stays, and gives that folder and what happened, run by run. */
  readonly keep: () => string
}

const config = `export { default } from ${JSON.stringify(import.meta.resolve("./Tracked.ts"))}\n`

/** How a command may end that nobody killed: all messages have their end, or it was stopped. */
const goodCodes: ReadonlyArray<number | null> = [0, 143]

/** Begins a trial. It ends with the scope, and leaves nothing. */
export const begin = Effect.fnUntraced(function* (seed: string, scenario: Scenario) {
  const place = yield* workplace
  const { environment, server } = yield* platform(place, { seed, ...scenario })
  const receiver = yield* Receiver.serve(seed)
  place.write("dlrkit.config.mts", config)
  const story: Array<string> = []
  const logs: Array<string> = []
  const wrong: Array<string> = []
  let count = 0

  const run: Trial["run"] = ({ calm = false, killAt, whileRunning }) =>
    Effect.promise(async () => {
      const number = ++count
      const log = `boundaries-${number}.log`
      const startedAt = performance.now()
      const running = place.start(["track", "messages.csv", "--json"], {
        ...environment,
        CRASH_RECEIVER: receiver.url,
        CRASH_LOG: log,
        ...(calm ? {} : { CRASH_SEED: `${seed} ${number}` }),
        ...(killAt === undefined ? {} : { CRASH_AT: killAt })
      })
      whileRunning?.(running, () => existsSync(place.file(log)))
      const { code, stderr } = await running.ended
      const lasted = Math.round(performance.now() - startedAt)
      const boundaries = existsSync(place.file(log)) ? lines(place.read(log)) : []
      const killed = code === null
      const how = killed ? "killed" : `ended with ${code}`
      story.push(
        `run ${number}: ${how} after ${lasted} ms, ${boundaries.length} boundaries, the last ${boundaries.at(-1)}`
      )
      logs.push(stderr)
      if (!killed && !goodCodes.includes(code)) wrong.push(`run ${number} ended with ${code}: ${stderr.trim()}`)
      return { killed, lasted, boundaries }
    })

  const conclude = Effect.gen(function* () {
    receiver.recover()
    yield* run({ calm: true })
    const verdict = yield* judge(place, server, receiver, logs)
    return { ...verdict, wrong: [...wrong, ...verdict.wrong] }
  }).pipe(Effect.orDie)

  const keep = () => {
    const kept = mkdtempSync(join(tmpdir(), "dlrkit-crash-"))
    cpSync(place.folder, kept, { recursive: true })
    return `${story.join("\n")}\nkept in ${kept}`
  }
  const trial: Trial = { run, conclude, keep }
  return trial
})
