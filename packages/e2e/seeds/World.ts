/**
 * A world: a platform, a disk, a network and a journal that outlive the tracker's processes, all in one process and under
 * virtual time. What runs in it is the command line as it ships, from its arguments to its sinks; what goes wrong are
 * layers around the seams.
 *
 * @module
 */
import { rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as AuditFile from "@dlrkit/audit-file"
import * as AuditHttp from "@dlrkit/audit-http"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import {
  AuditSink,
  JournalStore,
  JournalStoreMemory,
  type Message,
  TrackerDefinition,
  type TrackingEvent
} from "@dlrkit/core"
import * as Sqlite from "@dlrkit/journal-sqlite"
import { Seed, Simulator, SimulatorClient } from "@dlrkit/simulator"
import * as Genesys from "@dlrkit/source-genesys"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { ExitCode, run as runCommandLine } from "dlrkit"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Current from "./Current.ts"
import * as Disk from "./Disk.ts"
import * as Process from "./Process.ts"
import type { Scenario, Trouble } from "./Scenario.ts"
import * as Terminal from "./Terminal.ts"

type Store = JournalStore.JournalStoreService

/** What happened in a world that no event tells. Epoch milliseconds. */
export interface Note {
  readonly at: number
  readonly text: string
}

/** A sink that keeps what it has acknowledged, and what it had before it failed. */
export interface Kept {
  readonly name: string
  readonly events: Array<TrackingEvent.TrackingEvent>
}

/** What a scenario left behind. */
export interface Played {
  readonly scenario: Scenario
  readonly simulator: Simulator.Simulator
  readonly events: ReadonlyArray<TrackingEvent.TrackingEvent>
  readonly messages: ReadonlyArray<Message.TrackedMessage>
  readonly sinks: ReadonlyArray<Kept>
  /** Events that a sink got before the journal had them. */
  readonly early: ReadonlyArray<string>
  /** Requests that were sent while a refusal that had been read asked to wait. */
  readonly tooSoon: ReadonlyArray<string>
  readonly auditFile: string
  readonly exported: string
  /** The exit code of each process, `undefined` where it was killed. */
  readonly codes: ReadonlyArray<number | undefined>
  readonly summary: Readonly<Record<string, unknown>>
  readonly status: Readonly<Record<string, unknown>>
  /** What `dlrkit journal check` finds. */
  readonly check: Readonly<Record<string, unknown>>
  /** Everything that was written to standard output and standard error. */
  readonly said: string
  readonly notes: ReadonlyArray<Note>
  /** Runs were cut short, by a kill or by a journal that failed: what they had been served may be unrecorded. */
  readonly cut: boolean
}

/** The day on which every world begins. */
const beginning = Date.parse("2026-01-05T00:00:00Z")

/** After so long everything works, and nobody is killed any more: what is left is for the last process to finish. */
const calmAfter = 68 * 3_600_000

/** A world that lasts longer does not end. Milliseconds. */
const horizon = 30 * 24 * 3_600_000

/** The exit code where the platform is out, and how long whoever sees it waits before the next try. Milliseconds. */
const unreachable = 6
const untilBack = { min: 10 * 60_000, max: 120 * 60_000 }

/** How long after a refusal a process is killed, and how soon it is started again then. Milliseconds. */
const soon = 2000
const atOnce = { min: 1000, max: 10_000 }

/** No world needs so many processes. */
const mostProcesses = 60

const platformUrl = "http://platform.test"
const auditUrl = "http://audit.test/events"
/** Runs something while time passes, from one thing that is to happen to the next. */
const passing = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(effect, TestClock.adjust(horizon).pipe(Effect.andThen(Effect.die(new Error("it does not end")))))

const config = fileURLToPath(new URL("dlrkit.config.ts", import.meta.url))
const encoder = new TextEncoder()

/** Plays a scenario to its end. */
export const play = Effect.fnUntraced(function* (scenario: Scenario) {
  yield* TestClock.setTime(beginning)
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const since = () => now() - beginning
  const simulator = yield* Simulator.make(scenario.simulator)
  const chance = (name: string) => Seed.make(scenario.seed, `world ${name}`)
  const calm = () => since() >= calmAfter
  const isTroubled = ({ from, rate, until }: Trouble) => !calm() && rate > 0 && since() >= from && since() < until

  const notes: Array<Note> = []
  const note = (text: string) => void notes.push({ at: now(), text })
  const codes: Array<number | undefined> = []
  const terminal = Terminal.make()

  const diskChance = chance("disk")
  const disk = Disk.make({
    write: (size) => {
      if (!isTroubled(scenario.diskTrouble) || !diskChance.happens(scenario.diskTrouble.rate)) return undefined
      note("the disk is full in the middle of a write")
      return diskChance.whole(0, size)
    },
    sync: () => {
      const fails = isTroubled(scenario.diskTrouble) && diskChance.happens(scenario.diskTrouble.rate)
      if (fails) note("a sync fails")
      return fails
    },
    left: (unsynced) => diskChance.whole(0, unsynced)
  })
  disk.write("messages.csv", Simulator.toCsv(simulator.messages, { api: simulator.settings.api }))
  disk.write(config, "")
  disk.write(
    join(config, "..", ".env"),
    Object.entries(Simulator.environment(simulator, platformUrl))
      .map(([name, value]) => `${name}=${value}\n`)
      .join("")
  )

  const file = join(tmpdir(), `dlrkit-seed-${process.pid}-${scenario.seed}.db`)
  const removeFiles = Effect.sync(() => {
    for (const end of ["", "-wal", "-shm", ".lock", ".lock-journal"]) rmSync(`${file}${end}`, { force: true })
  })
  yield* removeFiles
  yield* Effect.addFinalizer(() => removeFiles)
  const entropy = (bytes: number) => "ab".repeat(bytes)
  const memory = yield* Effect.provideService(JournalStoreMemory.make, JournalStore.Entropy, entropy)
  const journal =
    scenario.journal === "memory"
      ? Layer.succeed(JournalStore.JournalStore, memory)
      : Sqlite.journal({ file, synchronous: "normal" })

  let journalFaults = 0
  let cut = false
  const journalChance = chance("journal")
  const fails = (operation: string) =>
    Effect.suspend(() => {
      note(`the journal fails in ${operation}`)
      return Effect.fail(
        new JournalStore.JournalError({
          reason: new JournalStore.JournalBroken({
            journal: "dlrkit.db",
            operation,
            cause: new Error("disk I/O error")
          })
        })
      )
    })
  /** The journal of a process: it may fail before or after a commit, and the process may die there. */
  const fragile = (store: Store, process: Process.Process): Store => {
    const commit = <A>(operation: string, effect: Effect.Effect<A, JournalStore.JournalError>) =>
      Effect.suspend(() => {
        const { rate } = scenario.journalTrouble
        const troubled = rate > 0 && !calm() && journalFaults < scenario.journalFaults
        if (!troubled || !journalChance.happens(rate)) return process.boundary(operation, effect)
        journalFaults += 1
        cut = true
        const failing = fails(operation)
        return process.boundary(operation, journalChance.happens(0.5) ? failing : Effect.andThen(effect, failing))
      })
    return {
      ...store,
      location: "dlrkit.db",
      transact: (sought, decide) => commit("transact", store.transact(sought, decide)),
      noteFailure: (consumer, failure) => commit("noteFailure", store.noteFailure(consumer, failure)),
      schedule: (moments) => commit("schedule", store.schedule(moments)),
      setMemo: (name, text) => commit("setMemo", store.setMemo(name, text))
    }
  }

  const early: Array<string> = []
  const ledger: Kept = { name: "ledger", events: [] }
  const receiver: Kept = { name: "audit-http", events: [] }
  /** Whoever gets an event looks whether the journal has it. */
  const keep = (kept: Kept, events: ReadonlyArray<TrackingEvent.TrackingEvent>, newest: number) => {
    for (const event of events) {
      if (event.seq > newest) early.push(`${kept.name} got event ${event.seq}, and the journal has ${newest}`)
      kept.events.push(event)
    }
  }
  const sinkChance = chance("sinks")
  /** Takes a batch, or does not, or does and does not say so, or says nothing at all. */
  const taking = <A, E>(take: Effect.Effect<A>, refuse: Effect.Effect<never, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      const { rate } = scenario.sinkTrouble
      if (!isTroubled(scenario.sinkTrouble) || !sinkChance.happens(rate)) return take
      switch (sinkChance.pick(["refuse", "lose", "hang", "slow"] as const)) {
        case "refuse":
          return refuse
        case "lose":
          return Effect.andThen(take, refuse)
        case "hang":
          return sinkChance.happens(0.5) ? Effect.never : Effect.andThen(take, Effect.never)
        case "slow":
          return Effect.andThen(Effect.sleep(sinkChance.whole(1, 60_000)), take)
      }
    })

  const platformClient = SimulatorClient.make(simulator, { latency: scenario.latency }).pipe(
    HttpClient.transformResponse(Effect.provideService(Clock.Clock, clock))
  )
  /** What was asked for by refusals that reached a process, and what was sent all the same. */
  const pauses: Array<{ readonly process: Process.Process; readonly from: number; readonly until: number }> = []
  const tooSoon: Array<string> = []
  const noteTooSoon = (process: Process.Process) => {
    for (const pause of pauses) {
      // A process that died at once may have had no time to write down what it was told.
      const knows = pause.process === process || pause.process.diedAt() > pause.from + soon / 2
      if (knows && now() >= pause.from && now() < pause.until) {
        tooSoon.push(`a request was sent ${(pause.until - now()) / 1000} s before a Retry-After had passed`)
      }
    }
  }

  const network = (process: Process.Process, newest: Effect.Effect<number>, killedAt: number) => {
    let refusals = 0
    const refused = (wait: number) =>
      Effect.suspend(() => {
        pauses.push({ process, from: now(), until: now() + wait })
        refusals += 1
        if (refusals !== killedAt) return Effect.void
        const killing = Effect.sync(() => process.kill("killed in the pause after a refusal"))
        return Effect.asVoid(Effect.forkDetach(Effect.delay(killing, soon)))
      })
    return HttpClient.make((request, url) => {
      if (url.host !== new URL(auditUrl).host) {
        const sent = Effect.suspend(() => {
          if (!url.pathname.startsWith("/oauth")) noteTooSoon(process)
          return platformClient.execute(request)
        })
        return process
          .live(sent)
          .pipe(
            Effect.tap(({ headers, status }) =>
              status === 429 ? process.live(refused(1000 * Number(headers["retry-after"]))) : Effect.void
            )
          )
      }
      const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      const events = body
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as TrackingEvent.TrackingEvent)
      const take = Effect.map(newest, (seq) => keep(receiver, events, seq))
      const reset = new HttpClientError.HttpClientError({
        reason: new HttpClientError.TransportError({ request, cause: new Error("read ECONNRESET") })
      })
      return process.boundary("a POST", Effect.as(taking(take, Effect.fail(reset)), answer(request, 204)))
    })
  }

  const definition = (
    process: Process.Process,
    seen: { store: Store | undefined },
    loaded: Deferred.Deferred<void>
  ) => {
    const newest = Effect.suspend(() => seen.store?.lastSeq ?? Effect.succeed(0)).pipe(Effect.orDie)
    const sinks = [
      AuditFile.sink({ directory: "audit" }),
      AuditHttp.sink({ url: auditUrl }),
      Effect.succeed<AuditSink.AuditSink>({
        name: ledger.name,
        target: ledger.name,
        write: (batch) =>
          process.boundary(
            "a plain sink",
            taking(
              Effect.map(newest, (seq) => keep(ledger, batch, seq)),
              Effect.fail(new AuditSink.AuditError({ sink: ledger.name, detail: "it is down" }))
            )
          )
      })
    ]
    return TrackerDefinition.make({
      sources: [Genesys.source()],
      classifiers: [GenesysCodes.classifier()],
      journal: Layer.effect(
        JournalStore.JournalStore,
        Effect.flatMap(JournalStore.JournalStore, (store) => {
          seen.store = store
          Deferred.doneUnsafe(loaded, Effect.void)
          // Virtual time waits for what it has woken, however long that works before it rests.
          return Effect.as(Effect.sleep(1), fragile(store, process))
        })
      ).pipe(Layer.provide(journal)),
      audit: sinks,
      floor: scenario.floor
    })
  }

  /** The disk of a process. */
  const fileSystem = (process: Process.Process): FileSystem.FileSystem => {
    const fs = disk.fileSystem
    return {
      ...fs,
      rename: (from, to) => process.boundary("a rename", fs.rename(from, to)),
      open: (path, options) =>
        Effect.map(process.live(fs.open(path, options)), (file) => ({
          ...file,
          writeAll: (bytes) => process.boundary("a write", file.writeAll(bytes)),
          sync: process.boundary("a sync", file.sync),
          truncate: (length) => process.boundary("a truncate", file.truncate(length))
        }))
    }
  }

  let jumped = 0
  const jumps = [...scenario.clockJumps].sort((a, b) => a.at - b.at)
  /** What the tracker's machine believes the time to be. */
  const wrongBy = () => {
    while (jumps[jumped] !== undefined && (jumps[jumped]?.at ?? 0) <= since()) {
      note(`the tracker's clock is set ${(jumps[jumped]?.by ?? 0) / 1000} s further`)
      jumped += 1
    }
    return calm() ? 0 : jumps.slice(0, jumped).reduce((sum, { by }) => sum + by, 0)
  }
  const machineClock: Clock.Clock =
    jumps.length === 0
      ? clock
      : {
          ...clock,
          sleep: (duration) => clock.sleep(duration),
          monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
          monotonicTimeNanos: clock.monotonicTimeNanos,
          currentTimeMillisUnsafe: () => now() + wrongBy(),
          currentTimeMillis: Effect.sync(() => now() + wrongBy()),
          currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe() + BigInt(wrongBy()) * 1_000_000n,
          currentTimeNanos: Effect.sync(() => clock.currentTimeNanosUnsafe() + BigInt(wrongBy()) * 1_000_000n)
        }

  const services = yield* Layer.build(NodeServices.layer)
  /** Runs the command line in a process of its own; gives its exit code, `undefined` where it was killed. */
  const command = Effect.fnUntraced(function* (args: ReadonlyArray<string>, kill?: Scenario["kills"][number]) {
    const started = Process.start(now, kill !== undefined && "boundary" in kill ? kill : undefined)
    const seen = { store: undefined as Store | undefined }
    const loaded = yield* Deferred.make<void>()
    Current.use(definition(started, seen, loaded))
    const newest = Effect.suspend(() => seen.store?.lastSeq ?? Effect.succeed(0)).pipe(Effect.orDie)
    const main = runCommandLine([...args, "--config", config]).pipe(
      Effect.provideService(FileSystem.FileSystem, fileSystem(started)),
      Effect.provideService(
        HttpClient.HttpClient,
        network(started, newest, kill !== undefined && "refusal" in kill ? kill.refusal : 0)
      ),
      Effect.provide(services),
      Effect.provideService(JournalStore.Entropy, entropy),
      Effect.provideService(Clock.Clock, machineClock),
      Random.withSeed(`${scenario.seed} ${codes.length}`)
    )
    const fiber = yield* Effect.forkChild(main)
    const clockwork =
      kill !== undefined && "at" in kill && kill.at > since()
        ? Effect.andThen(
            Effect.sleep(kill.at - since()),
            Effect.sync(() => started.kill("killed"))
          )
        : Effect.void
    // Loading the configuration is real work: until it is done, no time passes.
    yield* Effect.raceFirst(Deferred.await(loaded), Fiber.await(fiber))
    const timer = yield* Effect.forkChild(clockwork)
    const ended = yield* passing(Effect.raceFirst(Fiber.await(fiber), started.killed))
    yield* Fiber.interrupt(timer)
    if (typeof ended !== "string") {
      const { code, error } = outcomeOf(ended)
      note(`\`dlrkit ${args[0]}\` ends with ${code}${error === "" ? "" : `: ${error}`}`)
      terminal.tell(error)
      return code
    }
    note(ended)
    cut = true
    yield* passing(Fiber.interrupt(fiber))
    if (scenario.powerCut) {
      note("the power goes")
      disk.cutPower()
    }
    return undefined
  })

  const track = [
    "track",
    "messages.csv",
    "--actor",
    "seeds@dlrkit",
    "--deadline",
    `${scenario.deadline / 1000}s`,
    "--json"
  ]
  const down = chance("down")
  const kills = [...scenario.kills]
  const life = Effect.gen(function* () {
    for (let count = 1; count <= mostProcesses; count++) {
      const kill = kills.shift()
      const code = yield* command(track, kill)
      codes.push(code)
      if (code === 0 || code === 3) break
      const inPause = kill !== undefined && "refusal" in kill && code === undefined
      const { max, min } = inPause ? atOnce : code === unreachable ? untilBack : scenario.down
      yield* TestClock.adjust(down.whole(min, max))
    }
    // Once more when nothing goes wrong: whatever a sink still lacks it gets now.
    yield* TestClock.adjust(Math.max(0, beginning + calmAfter - now()))
    terminal.clear()
    codes.push(yield* command(track))
    const summary = terminal.lastLine()
    yield* command(["status", "--json"])
    const status = terminal.lastLine()
    yield* command(["journal", "check", "--json"])
    const check = terminal.lastLine()
    yield* command(["export", "--format", "csv", "--out", "export.csv"])
    return { summary, status, check }
  })

  const { check, status, summary } = yield* terminal.capture(life)
  const store =
    scenario.journal === "memory" ? memory : Context.get(yield* Layer.build(journal), JournalStore.JournalStore)
  const text = (path: string | undefined) =>
    new TextDecoder().decode(path === undefined ? encoder.encode("") : disk.read(path))
  return {
    scenario,
    simulator,
    events: yield* store.events(0, Number.MAX_SAFE_INTEGER),
    messages: yield* store.messages({ after: 0, limit: Number.MAX_SAFE_INTEGER }),
    sinks: [ledger, receiver],
    early,
    tooSoon,
    auditFile: text(disk.paths().find((path) => path.endsWith(".ndjson"))),
    exported: text("export.csv"),
    codes,
    summary: parsed(summary),
    status: parsed(status),
    check: parsed(check),
    said: terminal.all(),
    notes,
    cut
  } satisfies Played
}, Effect.scoped)

const parsed = (line: string): Readonly<Record<string, unknown>> => {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** The exit code that the command's program would end with, and what it would say. */
const outcomeOf = (exit: Exit.Exit<unknown, unknown>): { readonly code: number; readonly error: string } => {
  if (Exit.isSuccess(exit)) return { code: 0, error: "" }
  const error = Cause.findErrorOption(exit.cause)
  if (error._tag === "None") return { code: 70, error: Cause.pretty(exit.cause) }
  const finished = error.value instanceof ExitCode.Finished
  return { code: ExitCode.ofError(error.value), error: finished ? "" : String(error.value) }
}

/** An answer without a body. A web response's body is read through promises, for which virtual time does not wait. */
const answer = (request: HttpClientRequest.HttpClientRequest, status: number): HttpClientResponse.HttpClientResponse =>
  Object.defineProperties(HttpClientResponse.fromWeb(request, new Response(null, { status })), {
    stream: { value: Stream.empty }
  })
