/**
 * What a source fails with: one error with a tagged reason. Each reason says whether repeating can help.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * The platform could not be reached: nobody answered. `what` tells a wrong name from a bad certificate, from a proxy that
 * wants credentials, from anything else that breaks a connection.
 */
export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", {
  what: Schema.Literals(["unknown-host", "bad-certificate", "proxy-refused", "no-connection", "timed-out"]),
  host: Schema.String,
  detail: Schema.String
}) {
  get retryable() {
    return this.what === "no-connection" || this.what === "timed-out"
  }
  override get message() {
    switch (this.what) {
      case "unknown-host":
        return `the host ${this.host} is unknown: check the region or the URL, and the network's name service`
      case "bad-certificate":
        return `the certificate of ${this.host} is not trusted (${this.detail}): name its authority with NODE_EXTRA_CA_CERTS or the option ca`
      case "proxy-refused":
        return `the proxy refused to connect to ${this.host} (407): put its user and password into HTTPS_PROXY`
      case "no-connection":
        return `${this.host} cannot be reached (${this.detail})`
      case "timed-out":
        return `${this.host} did not answer in time (${this.detail})`
    }
  }
}

/** What the platform calls the answer that an error came with: its support asks for these. */
const answerIds = { contextId: Schema.optionalKey(Schema.String), correlationId: Schema.optionalKey(Schema.String) }

/** The ids that an error has, for another one that takes its place. */
export const idsOf = (reason: { readonly contextId?: string; readonly correlationId?: string }) => ({
  ...(reason.contextId === undefined ? {} : { contextId: reason.contextId }),
  ...(reason.correlationId === undefined ? {} : { correlationId: reason.correlationId })
})

const named = ({ contextId, correlationId }: { readonly contextId?: string; readonly correlationId?: string }) => {
  const ids = [
    ...(contextId === undefined ? [] : [`contextId ${contextId}`]),
    ...(correlationId === undefined || correlationId === contextId ? [] : [`correlation id ${correlationId}`])
  ]
  return ids.length === 0 ? "" : ` [${ids.join(", ")}]`
}

/** The platform answered, but with an error of its own (5xx), or with something that is not what it claims to be. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {
  host: Schema.String,
  status: Schema.optionalKey(Schema.Int),
  detail: Schema.String,
  /** How long it said to wait. Milliseconds. */
  retryAfterMs: Schema.optionalKey(Schema.Finite),
  ...answerIds
}) {
  readonly retryable = true
  override get message() {
    return `${this.host} is not working: ${this.detail}${named(this)}`
  }
}

/** The platform allows no more requests for now. */
export class Throttled extends Schema.TaggedError<Throttled>()("Throttled", {
  host: Schema.String,
  /** How long it said to wait. Milliseconds. */
  retryAfterMs: Schema.optionalKey(Schema.Finite),
  /** The limit that its error names. Requests in a window. */
  limit: Schema.optionalKey(Schema.Finite),
  ...answerIds
}) {
  readonly retryable = true
  override get message() {
    const wait = this.retryAfterMs === undefined ? "" : ` for ${Math.ceil(this.retryAfterMs / 1000)} s`
    return `${this.host} allows no more requests${wait}${named(this)}`
  }
}

/** The platform asks for a longer pause than the policy grants. Ends the run; repeating helps after the pause. */
export class PauseTooLong extends Schema.TaggedError<PauseTooLong>()("PauseTooLong", {
  host: Schema.String,
  /** Until when it asks to wait; ISO 8601. */
  until: Schema.String,
  /** The longest pause that the policy grants. Milliseconds. */
  longestPauseMs: Schema.Finite,
  ...answerIds
}) {
  readonly retryable = true
  override get message() {
    const longest = Duration.format(Duration.millis(this.longestPauseMs))
    return `${this.host} asks to wait until ${this.until}, longer than the longest pause (${longest}): run it again then, or raise resilience.longestPause${named(this)}`
  }
}

/** The circuit breaker is open: nothing was sent. */
export class CircuitOpen extends Schema.TaggedError<CircuitOpen>()("CircuitOpen", {
  host: Schema.String,
  /** How long it stays open. Milliseconds. */
  retryAfterMs: Schema.Finite
}) {
  readonly retryable = true
  override get message() {
    return `no requests to ${this.host} for ${Math.ceil(this.retryAfterMs / 1000)} s, after failures in a row`
  }
}

/** The platform refuses us: wrong credentials, or a permission that the client lacks. Ends the run. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  host: Schema.String,
  status: Schema.Int,
  detail: Schema.String,
  /** The permission that the request needs. */
  permission: Schema.optionalKey(Schema.String),
  ...answerIds
}) {
  readonly retryable = false
  override get message() {
    const id = named(this)
    return this.permission === undefined
      ? `${this.host} refuses the credentials (${this.status}: ${this.detail}): check the client id and secret${id}`
      : `${this.host} refuses the request (${this.status}: ${this.detail}): give the OAuth client the permission ${this.permission}${id}`
  }
}

/** The platform calls the query wrong (4xx). Repeating does not help. */
export class BadRequest extends Schema.TaggedError<BadRequest>()("BadRequest", {
  host: Schema.String,
  status: Schema.Int,
  code: Schema.optionalKey(Schema.String),
  detail: Schema.String,
  ...answerIds
}) {
  readonly retryable = false
  override get message() {
    const code = this.code === undefined ? "" : ` ${this.code}`
    return `${this.host} calls the request wrong (${this.status}${code}: ${this.detail})${named(this)}`
  }
}

/** What was asked for does not exist on the platform (404). */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  host: Schema.String,
  detail: Schema.String,
  ...answerIds
}) {
  readonly retryable = false
  override get message() {
    return `${this.host} does not know it (404: ${this.detail})${named(this)}`
  }
}

/** The query was not sent, because the platform would refuse it. */
export class InvalidQuery extends Schema.TaggedError<InvalidQuery>()("InvalidQuery", { detail: Schema.String }) {
  readonly retryable = false
  override get message() {
    return `the query is invalid: ${this.detail}`
  }
}

/** The reasons of a {@link SourceError}. */
export const SourceErrorReason = Schema.Union([
  Unreachable,
  Unavailable,
  Throttled,
  PauseTooLong,
  CircuitOpen,
  Refused,
  BadRequest,
  NotFound,
  InvalidQuery
])
/** See {@link SourceErrorReason}. */
export type SourceErrorReason = typeof SourceErrorReason.Type

/** What a source fails with. */
export class SourceError extends Schema.TaggedError<SourceError>()("SourceError", { reason: SourceErrorReason }) {
  override get message(): string {
    return this.reason.message
  }
}

/** Makes the error of a reason. */
export const because = (reason: SourceErrorReason): SourceError => new SourceError({ reason })
