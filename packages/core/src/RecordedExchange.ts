/**
 * One HTTP exchange with its record in the journal: the audit trail has one for each request to a platform.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpAnswer from "./HttpAnswer.ts"
import type { JournalService } from "./Journal.ts"
import type { SourceErrorReason } from "./SourceError.ts"
import { isoTime } from "./TrackingEvent.ts"

/** What is sent, and what its record says of it. */
export interface Exchange<A> {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly timeout: Duration.Input
  readonly source: string
  readonly purpose: string
  readonly messages: number
  /** 1 for the first try. */
  readonly attempt: number
  /** Reads the parsed body; `undefined` where it is not what it should be. */
  readonly decode: (body: unknown) => A | undefined
  /** Told how it ended (`undefined`: well), before it is recorded: a gate that must close does not wait for the disk. */
  readonly told?: (reason: SourceErrorReason | undefined) => Effect.Effect<void>
}

/**
 * Sends, reads and records. A success is recorded with whatever the journal writes next (the page that it brought);
 * anything else at once.
 */
export const send = <A>(
  http: HttpClient.HttpClient,
  journal: JournalService,
  exchange: Exchange<A>
): Effect.Effect<A, SourceErrorReason> =>
  Effect.flatMap(Clock.currentTimeMillis, (startedAt) => {
    const { attempt, decode, messages, purpose, request, source, timeout, told = () => Effect.void } = exchange
    let head: { readonly httpStatus?: number; readonly correlationId?: string } = {}
    return HttpAnswer.read(http, request, timeout, decode, (httpStatus, correlationId) => {
      head = { httpStatus, ...(correlationId === undefined ? {} : { correlationId }) }
    }).pipe(
      Effect.tap(() => told(undefined)),
      Effect.tapError(told),
      Effect.onExit((exit) =>
        Effect.flatMap(Clock.currentTimeMillis, (endedAt) => {
          const outcome = Exit.isSuccess(exit) ? "ok" : HttpAnswer.outcomeOf(exit.cause)
          const reason = Exit.isSuccess(exit) ? undefined : HttpAnswer.reasonOf(exit.cause)
          const retryAfterMs = reason?._tag === "Throttled" ? reason.retryAfterMs : undefined
          const noted = journal.note({
            kind: "request",
            source,
            purpose,
            messages,
            outcome,
            startedAt: isoTime(startedAt),
            durationMs: endedAt - startedAt,
            attempt,
            ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
            ...head
          })
          return outcome === "ok" ? noted : Effect.andThen(noted, Effect.ignore(journal.record([])))
        })
      )
    )
  })
