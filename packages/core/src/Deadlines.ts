/**
 * Deadlines: until when a final receipt is waited for. A message's own stands before its carrier's, and that before the
 * one of all.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Formatter from "effect/Formatter"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { lastMoment, type TrackedMessage } from "./Message.ts"

/** A setting that is to be a duration, and is none. */
export class DurationError extends Schema.TaggedError<DurationError>()("DurationError", {
  setting: Schema.String,
  given: Schema.String
}) {
  override get message() {
    return `the setting ${this.setting} is ${this.given}: write a duration that is longer than nothing, like "72 hours"`
  }
}

/** How long a final receipt is waited for. */
export interface DeadlineSettings {
  /** How long after `sentAt`, or after being registered, a final receipt is waited for. 72 hours. */
  readonly deadline?: Duration.Input | undefined
  /** The same for the messages of some carriers, by the carrier's name: `{ acme: "24 hours" }`. */
  readonly deadlines?: Readonly<Record<string, Duration.Input>> | undefined
}

/** How long a final receipt is waited for, by carrier. Milliseconds. */
export type DeadlineOf = (carrier: string) => number

/** The deadlines of a configuration. */
export interface Deadlines {
  readonly of: DeadlineOf
  /** What the audit trail says of them. */
  readonly describe: Readonly<Record<string, unknown>>
}

/** The milliseconds of a setting; there must be some, and an end of them. */
export const millisOf = (setting: string, given: Duration.Input): Result.Result<number, DurationError> => {
  const millis = Option.match(Duration.fromInput(given), { onNone: () => 0, onSome: Duration.toMillis })
  return millis > 0 && Number.isFinite(millis)
    ? Result.succeed(millis)
    : Result.fail(new DurationError({ setting, given: Formatter.format(given) }))
}

/** Reads the deadlines of a configuration. Fails with the first that is no duration. */
export const make = ({ deadline = "72 hours", deadlines = {} }: DeadlineSettings) =>
  Result.gen(function* (): Generator<Result.Result<number, DurationError>, Deadlines, never> {
    const otherwise: number = yield* millisOf("deadline", deadline)
    const byCarrier = new Map<string, number>()
    for (const [carrier, given] of Object.entries(deadlines)) {
      byCarrier.set(carrier, yield* millisOf(`deadlines[${JSON.stringify(carrier)}]`, given))
    }
    return {
      of: (carrier) => byCarrier.get(carrier) ?? otherwise,
      describe: {
        deadlineMs: otherwise,
        ...(byCarrier.size === 0 ? {} : { deadlinesMs: Object.fromEntries(byCarrier) })
      }
    }
  })

/** Whose deadline it is. */
type Dated = Pick<TrackedMessage, "ref" | "registeredAt">

const after = ({ ref, registeredAt }: Dated, millis: number) =>
  Math.min(lastMoment, (ref.sentAt ?? registeredAt) + millis)

/** The deadline that a message brings along, in epoch milliseconds; `undefined` where it brings none. */
export const ownOf = (message: Dated): number | undefined =>
  message.ref.deadlineAt ?? (message.ref.deadline === undefined ? undefined : after(message, message.ref.deadline))

/** A message's deadline, its carrier's being so many milliseconds. Epoch milliseconds. */
export const deadlineAt = (message: Dated, millis: number): number => ownOf(message) ?? after(message, millis)
