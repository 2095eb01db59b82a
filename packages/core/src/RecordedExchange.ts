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
import type { RateHeaders } from "./RateHeaders.ts"
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
  /** Which of several credentials it was sent with. */
  readonly credential?: string | undefined
  /**
   * Told how it ended (`undefined`: well) and what the answer's head says of the limit, before it is recorded: a gate
   * that must close does not wait for the disk.
   */
  readonly told?: (reason: SourceErrorReason | undefined, rate: RateHeaders) => Effect.Effect<void>
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
    const { attempt, credential, decode, messages, purpose, request, source, timeout, told } = exchange
    let head: HttpAnswer.Head | undefined
    const tell = (reason?: SourceErrorReason) => told?.(reason, head?.rate ?? {}) ?? Effect.void
    return HttpAnswer.read(http, request, timeout, decode, (seen) => {
      head = seen
    }).pipe(
      Effect.tap(() => tell()),
      Effect.tapError(tell),
      Effect.onExit((exit) =>
        Effect.flatMap(Clock.currentTimeMillis, (endedAt) => {
          const outcome = Exit.isSuccess(exit) ? "ok" : HttpAnswer.outcomeOf(exit.cause)
          const reason = Exit.isSuccess(exit) ? undefined : HttpAnswer.reasonOf(exit.cause)
          const contextId = reason !== undefined && "contextId" in reason ? reason.contextId : undefined
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
            ...(credential === undefined ? {} : { credential }),
            ...(head === undefined ? {} : { httpStatus: head.status }),
            ...(head?.correlationId === undefined ? {} : { correlationId: head.correlationId }),
            ...(contextId === undefined ? {} : { contextId })
          })
          return outcome === "ok" ? noted : Effect.andThen(noted, Effect.ignore(journal.record([])))
        })
      )
    )
  })
