/**
 * `dlrkit explain`: everything that happened to a message, read beside a tracker.
 *
 * @module
 */
import { Explanation, Journal, Message, TrackingEvent } from "@dlrkit/core"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { UsageError } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { openJournal } from "./OpenJournal.ts"
import * as Terminal from "./Terminal.ts"

/** The command. */
export const command = Command.make("explain", {
  who: Argument.String("MESSAGE").pipe(
    Argument.withDescription("The id of a message or of a conversation, or the number that messages went to: +49 171 …")
  ),
  config: Flags.config,
  journal: Flags.journal,
  json: Flags.json
}).pipe(
  Command.withShortDescription("Everything that happened to a message, in order"),
  Command.withDescription(
    "Tells of each message that is meant where it stands, and what happened to it: when it was registered, looked for, sent, delivered or failed, and by which rule. Reads the journal alone, also beside a tracker. Numbers are not printed."
  ),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      yield* explain(flags.who, flags.json).pipe(Effect.provide(yield* openJournal(flags)))
    })
  )
)

const explain = Effect.fnUntraced(function* (who: string, json: boolean) {
  const explanations = yield* Explanation.explain(who)
  if (explanations.length === 0) {
    const { store } = yield* Journal.Journal
    const number = Message.digitsIn(who)
    const asked =
      number === undefined
        ? `no message or conversation ${who.trim()}`
        : "no message, conversation or recipient of that number (write it with its country: +49 171 …)"
    return yield* new UsageError({ detail: `the journal ${store.location} knows ${asked}; --journal names another` })
  }
  if (json) return yield* Terminal.printResult(JSON.stringify({ messages: explanations.map(toJson) }))
  yield* Terminal.printResult(explanations.map(toText).join("\n\n"))
})

const origins: Readonly<Record<Message.CarrierOrigin, string>> = {
  message: "given with the message",
  config: "by the configuration",
  receipt: "told by a receipt",
  unknown: "nobody told"
}

/** An explanation as an operator reads it: where it stands first, then how it came to that. */
const toText = ({ message, standing, timeline }: Explanation.Explanation): string => {
  const { campaignId, outboundContactId } = message.ref
  const name = message.messageId ?? message.ref.messageId
  const { conversationId } = message
  const known = [
    `carrier ${message.carrier} (${origins[message.carrierOrigin]})`,
    ...(name === undefined || conversationId === undefined ? [] : [`conversation ${conversationId}`]),
    ...(campaignId === undefined || outboundContactId === undefined
      ? []
      : [`campaign ${campaignId}, contact ${outboundContactId}`]),
    message.looks === 0 ? "never looked for" : `${message.looks} ${message.looks === 1 ? "look" : "looks"}`
  ]
  const width = Math.max(0, ...timeline.map(({ what }) => what.length))
  return [
    `${Message.nameText(message)}: ${standing}`,
    `  ${known.join(", ")}`,
    ...timeline.map(({ at, detail, what }) => `  ${at}  ${what.padEnd(width)}  ${detail}`)
  ].join("\n")
}

const time = (millis: number | undefined) => (millis === undefined ? null : TrackingEvent.isoTime(millis))

const toJson = ({ message, standing, timeline }: Explanation.Explanation) => ({
  messageId: message.messageId ?? null,
  conversationId: message.conversationId ?? null,
  campaignId: message.ref.campaignId ?? null,
  outboundContactId: message.ref.outboundContactId ?? null,
  externalContactId: message.ref.externalContactId ?? null,
  externalMessageId: message.externalMessageId ?? null,
  carrier: message.carrier,
  carrierOrigin: message.carrierOrigin,
  status: message.status,
  resolution: message.resolution ?? null,
  providerStatus: message.providerStatus ?? null,
  code: message.code ?? null,
  cause: message.cause ?? null,
  category: message.category ?? null,
  classifier: message.classifier ?? null,
  rule: message.rule ?? null,
  sentAt: time(message.sentAt),
  registeredAt: time(message.registeredAt),
  deadlineAt: time(message.deadlineAt),
  firstLookAt: time(message.firstLookAt),
  lastLookAt: time(message.lookedAt),
  looks: message.looks,
  finalAt: time(message.finalAt),
  seenAt: time(message.seenAt),
  missing: message.missing,
  late: message.late,
  conflicts: message.conflicts,
  labels: message.ref.labels ?? {},
  standing,
  timeline: timeline.map(({ event = null, ...moment }) => ({ ...moment, event }))
})
