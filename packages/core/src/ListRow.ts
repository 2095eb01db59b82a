/**
 * A row of a list of what to do, and the words that rows are made of.
 *
 * @module
 */
import type { TrackedMessage } from "./Message.ts"
import { isoTime } from "./TrackingEvent.ts"

/** A row: a text for each of its list's columns, empty where there is nothing to say, and the message's labels. */
export interface ListRow<Column extends string = string> {
  readonly values: Readonly<Record<Column, string>>
  readonly labels: Readonly<Record<string, string>>
}

/** A moment as lists write it: ISO 8601 in UTC. */
export const timeText = (millis: number | undefined): string => (millis === undefined ? "" : isoTime(millis))

const units = [
  [86_400, "d"],
  [3600, "h"],
  [60, "m"],
  [1, "s"]
] as const

/** Whole seconds as `90s`, `5m`, `4h` or `7d`: in the largest unit that tells them exactly. */
export const secondsText = (seconds: number): string => {
  const [size, unit] = units.find(([size]) => seconds % size === 0) ?? [1, "s"]
  return `${seconds / size}${unit}`
}

/** Who is meant, besides the message: the recipient's contact, as far as it is known. */
export const contactOf = ({ ref }: TrackedMessage) => ({
  externalContactId: ref.externalContactId ?? "",
  outboundContactId: ref.outboundContactId ?? ""
})

/** Whether anybody says that a message arrived: the platform, also in contradiction, or the carrier. */
export const hasArrived = ({ conflicts, report, resolution }: TrackedMessage): boolean =>
  resolution === "delivered" || report?.state === "delivered" || conflicts.some(({ status }) => status === "delivered")
