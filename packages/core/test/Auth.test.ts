import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as Auth from "../src/Auth.ts"
import { because, Unavailable } from "../src/SourceError.ts"

const second = 1000
const hour = 3_600_000

/** Auth whose tokens are numbered, and how many requests it has made. */
const numbered = (lifetime: number, takes = 100) =>
  Effect.gen(function* () {
    const asked: Array<number> = []
    const auth = yield* Auth.make(
      Effect.gen(function* () {
        asked.push(yield* Clock.currentTimeMillis)
        const value = Redacted.make(`token-${asked.length}`)
        yield* Effect.sleep(takes)
        return { value, expiresAt: (asked.at(-1) as number) + lifetime }
      })
    )
    return { auth, asked }
  })

const values = (tokens: ReadonlyArray<Redacted.Redacted<string>>) => tokens.map(Redacted.value)

/** Forks the same for each of so many fibers, and gives what they gave after so long. */
const crowd = <A, E>(count: number, each: Effect.Effect<A, E>, wait: number) =>
  Effect.gen(function* () {
    const fibers = yield* Effect.forEach(Array.from({ length: count }), () => Effect.forkChild(each))
    yield* TestClock.adjust(wait)
    return yield* Fiber.joinAll(fibers)
  })

describe("auth", () => {
  it.effect("makes one request, however many fibers ask at once", () =>
    Effect.gen(function* () {
      const { asked, auth } = yield* numbered(hour)
      const tokens = yield* crowd(50, auth.token, 100)
      assert.strictEqual(asked.length, 1)
      assert.deepStrictEqual(new Set(values(tokens)), new Set(["token-1"]))
    })
  )

  it.effect("renews a token 60 s before it expires, once", () =>
    Effect.gen(function* () {
      const { asked, auth } = yield* numbered(hour)
      yield* crowd(1, auth.token, 100)
      yield* TestClock.setTime(hour - 60 * second - 1)
      assert.deepStrictEqual(values(yield* crowd(3, auth.token, 0)), ["token-1", "token-1", "token-1"])
      yield* TestClock.setTime(hour - 60 * second)
      assert.deepStrictEqual(values(yield* crowd(3, auth.token, 100)), ["token-2", "token-2", "token-2"])
      assert.deepStrictEqual(asked, [0, hour - 60 * second])
    })
  )

  it.effect("renews a token that lives for less than two minutes at half of its life", () =>
    Effect.gen(function* () {
      const { asked, auth } = yield* numbered(20 * second, 0)
      yield* crowd(1, auth.token, 100)
      yield* TestClock.setTime(9999)
      yield* crowd(1, auth.token, 0)
      assert.deepStrictEqual(asked, [0])
      yield* TestClock.setTime(10_000)
      yield* crowd(1, auth.token, 100)
      assert.deepStrictEqual(asked, [0, 10_000])
    })
  )

  it.effect("replaces a refused token once, however many fibers had it refused", () =>
    Effect.gen(function* () {
      const { asked, auth } = yield* numbered(hour)
      const [old] = yield* crowd(1, auth.token, 100)
      const tokens = yield* crowd(20, auth.renew(old as Redacted.Redacted<string>), 100)
      assert.deepStrictEqual(new Set(values(tokens)), new Set(["token-2"]))
      assert.strictEqual(asked.length, 2)
      // One that comes late with the old token is given the new one.
      assert.deepStrictEqual(values(yield* crowd(1, auth.renew(old as Redacted.Redacted<string>), 0)), ["token-2"])
      assert.strictEqual(asked.length, 2)
    })
  )

  it.effect("gives a refused token to nobody, not even where its renewal fails", () =>
    Effect.gen(function* () {
      let works = true
      const auth = yield* Auth.make(
        Effect.suspend(() =>
          works
            ? Effect.succeed({ value: Redacted.make("old"), expiresAt: hour })
            : Effect.fail(because(new Unavailable({ host: "login", detail: "503" })))
        )
      )
      const old = yield* auth.token
      works = false
      yield* Effect.flip(auth.renew(old))
      assert.strictEqual((yield* Effect.flip(auth.token)).reason._tag, "Unavailable")
    })
  )

  it.effect("asks once where it fails, too, and again for whoever asks later", () =>
    Effect.gen(function* () {
      let asked = 0
      const auth = yield* Auth.make(
        Effect.suspend(() => {
          asked += 1
          return Effect.sleep(100).pipe(
            Effect.andThen(Effect.fail(because(new Unavailable({ host: "login", detail: `try ${asked}` }))))
          )
        })
      )
      const failures = yield* crowd(8, Effect.flip(auth.token), 100)
      assert.strictEqual(asked, 1)
      assert.deepStrictEqual(new Set(failures.map(({ message }) => message)).size, 1)
      yield* crowd(1, Effect.flip(auth.token), 100)
      assert.strictEqual(asked, 2)
    })
  )

  it.effect("goes on where whoever asked first is interrupted", () =>
    Effect.gen(function* () {
      const { asked, auth } = yield* numbered(hour)
      const first = yield* Effect.forkChild(auth.token)
      const other = yield* Effect.forkChild(auth.token)
      yield* TestClock.adjust(50)
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust(100)
      assert.strictEqual(Redacted.value(yield* Fiber.join(other)), "token-2")
      assert.strictEqual(asked.length, 2)
    })
  )
})
