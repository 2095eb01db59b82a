/**
 * Virtual time for what may do real work in between: pauses cost nothing, and no time-out strikes because a disk is slow.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"

/** Lets what is under way get on: one turn of the event loop. */
export const turn: Effect.Effect<void> = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** The same for at least a real millisecond. */
const moment = Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, 0)))

/** So many turns at first, virtual time passes slowly, for what answers over a socket. */
const slowTurns = 40

/** So much virtual time is enough for anything where nothing real is under way. Milliseconds. */
const enough = 3 * 3_600_000

/** Moves the clock on and on; fails where that does not help. */
const passing = (isBusy: (() => boolean) | undefined): Effect.Effect<never, Error> =>
  Effect.gen(function* () {
    let passed = 0
    for (let count = 0; passed < enough; count++) {
      const isReal = isBusy?.() ?? false
      // Without a word on what is under way, an hour in some thousand real milliseconds.
      const step = isReal ? 10 : isBusy === undefined ? (count < slowTurns ? 25 : 5000) : 1000
      yield* isReal || isBusy === undefined ? moment : turn
      yield* TestClock.adjust(step)
      if (!isReal) passed += step
    }
    return yield* Effect.fail(new Error("it hangs: hours of virtual time have passed, and it has not come to its end"))
  })

/**
 * Runs an effect under a clock of its own that passes by itself. Where `isBusy` says that real work is under way it passes
 * slowly, ten times as fast as the real one; else a second a turn, until hours have passed.
 */
export const run = <A, E, R>(effect: Effect.Effect<A, E, R>, isBusy?: () => boolean): Effect.Effect<A, E | Error, R> =>
  Effect.raceFirst(effect, passing(isBusy)).pipe(Effect.provide(TestClock.layer(), { local: true }))

/** Runs an effect under a clock of its own that stands until somebody moves it. */
export const still = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provide(effect, TestClock.layer(), { local: true })

/** Moves a clock that stands still, in small steps, with time for real work in between. */
export const pass = (duration: Duration.Input): Effect.Effect<void> =>
  Effect.repeat(Effect.andThen(TestClock.adjust(Duration.toMillis(Duration.fromInputUnsafe(duration)) / 60), moment), {
    times: 59
  })

/** Runs an effect under a clock that stands still, and moves that as long as the effect lasts. */
export const drive = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Error, R> =>
  Effect.raceFirst(effect, passing(undefined))
