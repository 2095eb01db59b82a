/**
 * Partial permission, which is normal: what the client may not do is given up with one warning, as long as something is
 * left that it may.
 *
 * @module
 */
import type { SourceError } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** One of the things that a source does. */
export interface Permission {
  /** Whether it may, as far as is known. */
  readonly granted: () => boolean
  /** Runs what needs it; ends, and is given up, where the platform refuses. Fails where nothing is left then. */
  readonly guard: <A>(stream: Stream.Stream<A, SourceError.SourceError>) => Stream.Stream<A, SourceError.SourceError>
}

/**
 * Where a client has been let in before, a single refusal is about what was asked for, such as a conversation of another
 * division. So many in a row are about the client.
 */
const refusalsInARow = 5

/**
 * Makes the permissions of a source, each with what is said when it is given up. A refusal of the credentials (401) is
 * none of a permission, and fails.
 */
export const make = <K extends string>(
  source: string,
  texts: Readonly<Record<K, string>>
): Readonly<Record<K, Permission>> => {
  const names = Object.keys(texts) as Array<K>
  const refused = new Map<K, SourceError.SourceError>()
  const state = new Map(names.map((name) => [name, { succeeded: false, inARow: 0 }]))

  const refuse = (name: K, error: SourceError.SourceError): Effect.Effect<void, SourceError.SourceError> =>
    Effect.suspend(() => {
      const of = state.get(name) ?? { succeeded: false, inARow: 0 }
      of.inARow += 1
      if (of.succeeded && of.inARow < refusalsInARow) {
        return Effect.logDebug(
          `${source}: ${error.message}; it has been let in before, so this is about what was asked for`
        )
      }
      const first = !refused.has(name)
      refused.set(name, error)
      if (refused.size === names.length) return Effect.fail(error)
      return first ? Effect.logWarning(`${source}: ${texts[name]}: ${error.message}`) : Effect.void
    })

  const permission = (name: K): Permission => ({
    granted: () => !refused.has(name),
    guard: (stream) =>
      Stream.suspend(() => {
        const before = refused.get(name)
        if (before !== undefined) return refused.size === names.length ? Stream.fail(before) : Stream.empty
        return stream.pipe(
          Stream.tap(() =>
            Effect.sync(() => {
              state.set(name, { succeeded: true, inARow: 0 })
            })
          ),
          Stream.catchIf(isForbidden, (error) => Stream.unwrap(Effect.as(refuse(name, error), Stream.empty)))
        )
      })
  })
  return Object.fromEntries(names.map((name) => [name, permission(name)])) as Record<K, Permission>
}

/** Whether the platform refuses the request, not the credentials. */
export const isForbidden = ({ reason }: SourceError.SourceError): boolean =>
  reason._tag === "Refused" && reason.status === 403
