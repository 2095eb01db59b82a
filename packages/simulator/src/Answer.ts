/**
 * Requests and answers as both transports exchange them: bytes, and nothing of HTTP libraries.
 *
 * @module
 */

/** A request as it arrived. */
export interface PlatformRequest {
  readonly method: string
  /** Path and query, as sent. */
  readonly url: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: Uint8Array
}

/** An answer, and how much of it the client gets. */
export interface Answer {
  readonly status: number
  /** By lower-case name. `content-length` is of the whole body, also where the connection dies before its end. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /**
   * `complete`: all of it is sent. `cut`: `body` is sent, then the connection dies, short of `content-length`.
   * `reset`: the connection is reset before anything is sent.
   */
  readonly ending: "complete" | "cut" | "reset"
  /** Milliseconds to wait before answering. */
  readonly delay: number
  /** A transport calls it once a complete answer has been sent, with the time (epoch milliseconds). */
  readonly sent: (now: number) => void
}

/** What makes up an answer, before it has its headers. */
export interface Draft {
  readonly status: number
  /** JSON as text; or an error, which gets its status and context id with the headers. */
  readonly body: string | PlatformError
  readonly headers?: Readonly<Record<string, string>>
  readonly sent?: (now: number) => void
}

/** An error as the platform words it, and whatever else an endpoint adds to it. */
export interface PlatformError {
  readonly code: string
  readonly message: string
  readonly [more: string]: unknown
}

/** An error's draft. */
export const error = (status: number, code: string, message: string): Draft => ({ status, body: { code, message } })

const ignore = () => {}
const encoder = new TextEncoder()
const nothing = new Uint8Array()

/** A whole answer. `date` is the platform's own clock, in epoch milliseconds. */
export const complete = (draft: Draft, correlationId: string, date: number, delay: number): Answer => {
  const body = encoder.encode(
    typeof draft.body === "string"
      ? draft.body
      : JSON.stringify({ ...draft.body, status: draft.status, contextId: correlationId, details: [], errors: [] })
  )
  return {
    status: draft.status,
    headers: {
      date: new Date(date).toUTCString(),
      "content-type": "application/json",
      "content-length": String(body.length),
      "inin-correlation-id": correlationId,
      ...draft.headers
    },
    body,
    ending: "complete",
    delay,
    sent: draft.sent ?? ignore
  }
}

/** The same answer with only a part of its body (from 0 to 1), in an HTTP message that claims to be whole. */
export const truncated = (answer: Answer, part: number): Answer => {
  const body = answer.body.subarray(0, Math.floor(answer.body.length * part))
  return { ...answer, headers: { ...answer.headers, "content-length": String(body.length) }, body, sent: ignore }
}

/** The same answer, the connection of which dies after a part of the body (from 0 to 1). */
export const cut = (answer: Answer, part: number): Answer => ({
  ...answer,
  body: answer.body.subarray(0, Math.floor(answer.body.length * part)),
  ending: "cut"
})

/** No answer: the connection is reset. */
export const reset = (delay: number): Answer => ({
  status: 0,
  headers: {},
  body: nothing,
  ending: "reset",
  delay,
  sent: ignore
})
