/**
 * Delivery receipts from {{NAME}}.
 *
 * @module
 */
import { type DeliveryReceipt, defineSource, SourceError } from "@dlrkit/core"

/** The options of {@link source}. */
export interface SourceOptions {
  /** The platform's address, such as `https://gateway.example`. */
  readonly url: string
  /** Sent in the header `authorization`. */
  readonly token: string
  /** How many requests a minute it may send; 300. */
  readonly requestsPerMinute?: number
}

/** What the platform's words mean. A word that is not here is told, and kept as it is. */
const statuses: Readonly<Record<string, DeliveryReceipt.DeliveryReceipt["status"]>> = {
  ACCEPTED: "sent",
  DELIVERED: "delivered",
  FAILED: "failed"
}

/** A receipt as the platform writes it. */
interface Row {
  readonly id: string
  readonly state: string
  readonly error?: string
}

/** Why the platform gave no receipts. Whatever else goes wrong is an outage, and is tried again. */
const refusal = (host: string, response: Response) => {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN)
  switch (response.status) {
    case 401:
    case 403:
      return SourceError.because(new SourceError.Refused({ host, status: response.status, detail: "no access" }))
    case 429:
      return SourceError.because(
        new SourceError.Throttled({ host, ...(seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {}) })
      )
    default:
      return new Error(`answered with ${response.status}`)
  }
}

/** Looks messages up by their ids, a hundred a request. Pace, repeats and records of the requests are core's. */
export const source = ({ requestsPerMinute = 300, token, url }: SourceOptions): ReturnType<typeof defineSource> =>
  defineSource({
    name: "{{NAME}}",
    describe: { url },
    requestsPerMinute,
    batchSize: 100,
    retention: "30 days",
    lookup: async (messages, { signal }) => {
      const ids = messages.map(({ messageId = "" }) => encodeURIComponent(messageId)).join(",")
      const response = await fetch(`${url}/receipts?ids=${ids}`, {
        headers: { authorization: `Bearer ${token}` },
        signal
      })
      if (!response.ok) throw refusal(new URL(url).host, response)
      const rows = (await response.json()) as ReadonlyArray<Row>
      return rows.map(({ error, id, state }) => ({
        messageId: id,
        providerStatus: state,
        status: statuses[state],
        code: error
      }))
    }
  })
