/**
 * Takes every event to {{NAME}}.
 *
 * @module
 */
import { type AuditSink, defineAuditSink } from "@dlrkit/core"

/** The options of {@link sink}. */
export interface SinkOptions {
  /** Where batches go, by POST; no secrets in it, as people are shown it. */
  readonly url: string
  /** Sent in the header `authorization`. */
  readonly token?: string
}

/** Sends batches of events as lines of JSON. Repeats after a failure are core's. */
export const sink = ({ token, url }: SinkOptions): AuditSink.AuditSink =>
  defineAuditSink({
    name: "{{NAME}}",
    target: url,
    write: async (batch, { signal }) => {
      if (batch.length === 0) return
      const response = await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/x-ndjson",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` })
        },
        body: batch.map((event) => `${JSON.stringify(event)}\n`).join(""),
        signal
      })
      // Read to its end: then the connection can be used again.
      await response.arrayBuffer()
      // Whatever is thrown here is a batch that comes again.
      if (!response.ok) throw new Error(`answered with ${response.status}`)
    }
  })
