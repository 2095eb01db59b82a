/**
 * What a source fails with: one error with a tagged reason. Each reason says whether repeating can help.
 *
 * @module
 */
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

/** The platform answered, but with an error of its own (5xx), or with something that is not what it claims to be. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {
  host: Schema.String,
  status: Schema.optionalKey(Schema.Int),
  detail: Schema.String
}) {
  readonly retryable = true
  override get message() {
    return `${this.host} is not working: ${this.detail}`
  }
}

/** The platform allows no more requests for now. */
export class Throttled extends Schema.TaggedError<Throttled>()("Throttled", {
  host: Schema.String,
  /** How long it said to wait. Milliseconds. */
  retryAfterMs: Schema.optionalKey(Schema.Finite)
}) {
  readonly retryable = true
  override get message() {
    const wait = this.retryAfterMs === undefined ? "" : ` for ${Math.ceil(this.retryAfterMs / 1000)} s`
    return `${this.host} allows no more requests${wait}`
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
  correlationId: Schema.optionalKey(Schema.String)
}) {
  readonly retryable = false
  override get message() {
    const id = this.correlationId === undefined ? "" : ` [correlation id ${this.correlationId}]`
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
  contextId: Schema.optionalKey(Schema.String)
}) {
  readonly retryable = false
  override get message() {
    const code = this.code === undefined ? "" : ` ${this.code}`
    const context = this.contextId === undefined ? "" : ` [contextId ${this.contextId}]`
    return `${this.host} calls the request wrong (${this.status}${code}: ${this.detail})${context}`
  }
}

/** What was asked for does not exist on the platform (404). */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  host: Schema.String,
  detail: Schema.String
}) {
  readonly retryable = false
  override get message() {
    return `${this.host} does not know it (404: ${this.detail})`
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
