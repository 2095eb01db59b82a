/**
 * The resend list: which messages may be sent again, not before when, how often and until when; and of which somebody
 * must decide that, because they may have arrived. Pure. dlrkit itself never sends.
 *
 * A failure is on it where its cause may be sent again later and its receipt does not rule that out (`retryable: "no"`
 * outranks `resend: "later"`), for as long as the cause says. A message that is still open is never on it.
 *
 * @module
 */
import { contactOf, type ListRow, secondsText, timeText } from "./ListRow.ts"
import { isForgotten, type TrackedMessage } from "./Message.ts"
import { type CauseInfo, causes, type Delay, mayResend } from "./Taxonomy.ts"

/** The columns of the list, in their order. */
export const columns = [
  "messageId",
  "conversationId",
  "externalContactId",
  "outboundContactId",
  "to",
  "carrier",
  "cause",
  "failedAt",
  "notBefore",
  "every",
  "times",
  "until",
  "decision",
  "warning"
] as const

/** A row of the list. */
export type ResendRow = ListRow<(typeof columns)[number]>

/** What may be done about a message: a row; `"passed"`, where it might have been sent again until now; or nothing. */
export type Answer = ResendRow | "passed" | undefined

/** Why a message may have arrived after all, or why sending it again may be of no use: each in a few words. */
const warningsOf = ({ cause, conflicts, report, resolution }: TrackedMessage): ReadonlyArray<string> => [
  ...(resolution === "unconfirmed" ? ["may have arrived: unconfirmed"] : []),
  ...(conflicts.some(({ status }) => status === "delivered")
    ? ["may have arrived: another receipt says delivered"]
    : []),
  ...(report?.state === "delivered" ? ["may have arrived: the carrier reports delivered"] : []),
  ...(cause === "expired" ? ["may have arrived, or be out of date: expired"] : []),
  ...carriersDoubt(report)
]

/** What the carrier itself says against sending again, where it reports another reason. */
const carriersDoubt = (report: TrackedMessage["report"]): ReadonlyArray<string> => {
  if (report?.state !== "failed" || report.cause === undefined) return []
  const { resend, retryable } = causes[report.cause]
  return mayResend({ resend, retryable: report.retryable ?? retryable })
    ? []
    : [`may be of no use: the carrier reports ${report.cause}`]
}

/** How often a message may be sent again between the first moment and the last one. */
const timesOf = ({ first, stopAfter, then }: Delay): number =>
  then === undefined ? 1 : 1 + Math.floor((stopAfter - first) / then)

const aDay = 86_400

/**
 * When a message may be sent again: no sooner than the carrier itself wants. One that may be sent but once stays on the
 * list for a day, so that whoever takes it daily finds it there.
 */
const windowOf = (delay: Delay, wait: number = delay.first): Delay =>
  delay.then === undefined || wait >= delay.stopAfter
    ? { first: wait, then: undefined, stopAfter: wait + aDay }
    : { ...delay, first: wait }

/**
 * What may be done about a message at a moment (epoch milliseconds). `waitOf` gives how many seconds the carrier itself
 * wants to be waited for, where it says so.
 */
export const answerOf = (
  message: TrackedMessage,
  now: number,
  waitOf: (message: TrackedMessage) => number | undefined = () => undefined
): Answer => {
  const { cause = "unexplained", finalAt = 0, ref, resolution, retryable } = message
  if (isForgotten(message)) return undefined
  if (resolution !== "failed" && resolution !== "unconfirmed") return undefined
  const info: CauseInfo | undefined = resolution === "failed" ? causes[cause] : undefined
  if (info !== undefined) {
    if ((retryable ?? info.retryable) === "no") return undefined
    if (info.resend === "never" || info.resend === "after_fix") return undefined
  }
  const delay = info?.delay === undefined ? undefined : windowOf(info.delay, waitOf(message))
  if (delay !== undefined && now > finalAt + delay.stopAfter * 1000) return "passed"
  const warnings = warningsOf(message)
  return {
    values: {
      messageId: message.messageId ?? "",
      conversationId: message.conversationId ?? "",
      ...contactOf(message),
      to: ref.to ?? "",
      carrier: message.carrier,
      cause: info === undefined ? "" : cause,
      failedAt: info === undefined ? "" : timeText(finalAt),
      notBefore: timeText(finalAt + (delay?.first ?? 0) * 1000),
      every: delay?.then === undefined ? "" : secondsText(delay.then),
      times: String(delay === undefined ? 1 : timesOf(delay)),
      until: delay === undefined ? "" : timeText(finalAt + delay.stopAfter * 1000),
      decision: info?.resend === "later" && warnings.length === 0 ? "send" : "ask",
      warning: warnings.join("; ")
    },
    labels: ref.labels ?? {}
  }
}
