/**
 * Large plays under virtual time, with a journal in SQLite.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Sqlite from "@dlrkit/journal-sqlite"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { mostInWindow, violations } from "../test/invariants.ts"
import { carriers } from "../test/realCarriers.ts"
import { type Play, play } from "../test/virtual.ts"

/** Whether something holds, and the figures. */
export interface Outcome {
  readonly holds: boolean
  readonly text: string
}

const hour = 3_600_000

const playInFile = async (scenario: Play) => {
  const folder = mkdtempSync(join(tmpdir(), "dlrkit-scale-"))
  try {
    const journal = Sqlite.journal({ file: join(folder, "journal.db"), synchronous: "normal" })
    const story = await Effect.runPromise(
      play({ ...scenario, journal, rest: "10 millis" }).pipe(Effect.provide(TestClock.layer()))
    )
    if (story.exit._tag === "Failure") throw new Error(String(story.exit.cause))
    return { story, result: story.exit.value, wrong: violations(story) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** 100,000 messages sent over an hour, 300 requests a minute, a deadline of 12 hours. */
export const truth = async (): Promise<Outcome> => {
  const { result, story, wrong } = await playInFile({
    simulator: { api: "conversations", messages: 100_000, seed: 1, sendingTime: hour, analyticsLag: 60_000, carriers },
    deadline: "12 hours"
  })
  const most = mostInWindow(story.events, 60_000)
  // A look-up may be on its way while a sweep is answered: that is counted, and is no matter of truth or budget.
  const crossed = wrong.filter((text) => text.startsWith("the platform counted afterEnd"))
  const rest = wrong.filter((text) => !crossed.includes(text))
  const { delivered, failed, pending, unconfirmed } = result.summary
  const ends = `${delivered} delivered, ${failed} failed, ${unconfirmed} unconfirmed, ${pending} pending`
  return {
    holds: rest.length === 0 && pending === 0 && most <= 300,
    text: `${ends}; ${result.requests} requests, at most ${most} a minute; ${rest.length === 0 ? "all as the platform served it" : rest.slice(0, 5).join("; ")}${crossed.map((text) => `; ${text}`).join("")}`
  }
}

/** A campaign of 200,000 messages, one conversation each, looked over whole. */
export const campaign = async (): Promise<Outcome> => {
  const { result, wrong } = await playInFile({
    simulator: {
      api: "conversations",
      messages: 200_000,
      seed: 2,
      campaigns: 1,
      sharedConversations: 0,
      sendingTime: 2 * hour,
      analyticsLag: 60_000,
      carriers
    },
    once: true,
    after: "3 hours"
  })
  return {
    holds: result.requests <= 2100 && wrong.length === 0,
    text: `${result.requests} requests of at most 2100; ${wrong.length === 0 ? "all as the platform served it" : wrong.slice(0, 5).join("; ")}`
  }
}
