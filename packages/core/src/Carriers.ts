/**
 * Whom the user measures. Genesys Cloud names no carrier, so it is resolved: the message's own `carrier`, else the
 * configuration's table or function, else what a receipt names, else `unknown`.
 *
 * @module
 */
import type { CarrierOrigin, MessageRef } from "./Message.ts"

/**
 * A table from what is known of a message to its carrier, or a function of it.
 *
 * Keys of the table: `+1317555` is a sender's number, or the beginning of a recipient's (the longest wins);
 * `shortcode:12345` is a sender's short code; `label:region=west` is a label of the message.
 */
export type Carriers = Readonly<Record<string, string>> | ((ref: MessageRef) => string | undefined)

/** A carrier, and how it was found. */
export interface ResolvedCarrier {
  readonly carrier: string
  readonly origin: CarrierOrigin
}

/** What stands where no carrier is known. */
export const unknown: ResolvedCarrier = { carrier: "unknown", origin: "unknown" }

/** Makes the resolver of a configuration. Sender first, then the longest prefix of the recipient, then labels. */
export const resolver = (carriers: Carriers | undefined): ((ref: MessageRef) => ResolvedCarrier) => {
  const configured = typeof carriers === "function" ? carriers : fromTable(carriers ?? {})
  return (ref) => {
    if (ref.carrier !== undefined) return { carrier: ref.carrier, origin: "message" }
    const carrier = configured(ref)
    return carrier === undefined ? unknown : { carrier, origin: "config" }
  }
}

const digits = (number: string) => number.replace(/[^\d+]/g, "")

const fromTable = (table: Readonly<Record<string, string>>) => {
  const entries = new Map(Object.entries(table))
  const longest = Math.max(0, ...Array.from(entries.keys(), (key) => (key.startsWith("+") ? key.length : 0)))
  const labels = Array.from(entries.keys()).filter((key) => key.startsWith("label:"))
  return (ref: MessageRef): string | undefined => {
    if (ref.from !== undefined) {
      const sender = entries.get(digits(ref.from)) ?? entries.get(`shortcode:${ref.from}`)
      if (sender !== undefined) return sender
    }
    if (ref.to !== undefined) {
      const to = digits(ref.to)
      for (let length = Math.min(longest, to.length); length > 1; length--) {
        const carrier = entries.get(to.slice(0, length))
        if (carrier !== undefined) return carrier
      }
    }
    for (const key of labels) {
      const [name, value] = splitLabel(key)
      if (ref.labels?.[name] === value) return entries.get(key)
    }
    return undefined
  }
}

const splitLabel = (key: string): readonly [string, string] => {
  const text = key.slice("label:".length)
  const equals = text.indexOf("=")
  return [text.slice(0, equals), text.slice(equals + 1)]
}
