/**
 * `dlrkit track`: registers messages and follows them to their end.
 *
 * @module
 */
import {
  Alerts,
  Discovery,
  Journal,
  type Message,
  ReceiptSource,
  type SourceError,
  Tracker,
  TrackerDefinition
} from "@dlrkit/core"
import { currentActor } from "@dlrkit/core/node"
import * as Clock from "effect/Clock"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Campaign from "./Campaign.ts"
import * as Configuration from "./Configuration.ts"
import * as ContactList from "./ContactList.ts"
import { durationFlag } from "./DurationText.ts"
import { Finished, UsageError } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as HeapGrowth from "./HeapGrowth.ts"
import * as MessageFile from "./MessageFile.ts"
import * as Terminal from "./Terminal.ts"
import * as TrackReport from "./TrackReport.ts"
import { version } from "./Version.ts"

/** The share of ended messages that must have been delivered; 0 to 100. */
const percentFlag = (name: string) =>
  Flag.Finite(name).pipe(
    Flag.withMetavar("PERCENT"),
    Flag.filter(
      (percent) => percent >= 0 && percent <= 100,
      (percent) => `Expected a number from 0 to 100, got ${percent}`
    )
  )

const timeFlag = (name: string) => Flag.String(name).pipe(Flag.withMetavar("TIME"))

/** The command. */
export const command = Command.make("track", {
  file: Argument.String("MESSAGES").pipe(
    Argument.withDescription(
      "A CSV or NDJSON file of messages, or - for standard input; with --campaign its contact list"
    ),
    Argument.optional
  ),
  campaign: Flag.String("campaign").pipe(
    Flag.withMetavar("ID"),
    Flag.withDescription("Register the messages that this campaign of the platform sent"),
    Flag.optional
  ),
  from: timeFlag("from").pipe(Flag.withDescription("When the campaign's first message was sent"), Flag.optional),
  to: timeFlag("to").pipe(
    Flag.withDescription("When its last message was sent; now where it is not said"),
    Flag.optional
  ),
  since: durationFlag("since").pipe(
    Flag.withDescription("Instead of --from and --to: what was sent in the last 2h"),
    Flag.optional
  ),
  follow: Flag.Boolean("follow").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Go on registering what the campaign sends, until stopped, or until --to")
  ),
  config: Flags.config,
  journal: Flags.journal,
  audit: Flags.audit,
  carriers: Flags.carriers,
  actor: Flags.actor,
  deadline: durationFlag("deadline").pipe(
    Flag.withDescription("How long after it was sent a message is followed, like 72h (the default)"),
    Flag.optional
  ),
  for: durationFlag("for").pipe(
    Flag.withDescription("End the run after so long, with messages still pending; the same command resumes"),
    Flag.optional
  ),
  once: Flag.Boolean("once").pipe(
    Flag.withDefault(false),
    Flag.withDescription("One look at each message instead of following them")
  ),
  failUnder: percentFlag("fail-under").pipe(
    Flag.withDescription("Exit with 1 where fewer of the ended messages were delivered"),
    Flag.optional
  ),
  timeZone: Flag.String("time-zone").pipe(
    Flag.withMetavar("ZONE"),
    Flag.withDescription("The zone of times that are written without one, like Europe/Berlin"),
    Flag.optional
  ),
  skipBadRows: Flag.Boolean("skip-bad-rows").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Track the good rows, and write the others to FILE.rejected.csv")
  ),
  json: Flags.json
}).pipe(
  Command.withShortDescription("Follow messages to their end"),
  Command.withDescription("Registers messages, follows each to its end, and sums up by carrier."),
  Command.withExamples([
    { command: "dlrkit track messages.csv", description: "Follow the messages of a file" },
    { command: "dlrkit track messages.csv --once --json", description: "One look at each, the result as JSON" },
    { command: "dlrkit track contacts.csv --campaign 5b1c --since 2h", description: "What a campaign sent, by contact" }
  ]),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      const now = yield* Clock.currentTimeMillis
      const campaign = yield* orUsage(
        Campaign.read(
          {
            file: Option.getOrUndefined(flags.file),
            campaign: Option.getOrUndefined(flags.campaign),
            from: Option.getOrUndefined(flags.from),
            to: Option.getOrUndefined(flags.to),
            since: Option.getOrUndefined(flags.since),
            follow: flags.follow,
            once: flags.once,
            timeZone: Option.getOrUndefined(flags.timeZone)
          },
          now
        )
      )
      const { definition, environment } = yield* Configuration.load({
        config: Option.getOrUndefined(flags.config),
        journal: Option.getOrUndefined(flags.journal),
        audit: Option.getOrUndefined(flags.audit),
        carriers: Option.getOrUndefined(flags.carriers),
        deadline: Option.getOrUndefined(flags.deadline)
      })
      const reading = {
        skipBadRows: flags.skipBadRows,
        timeZone: Option.getOrUndefined(flags.timeZone)
      }
      yield* Effect.gen(function* () {
        const input =
          campaign === undefined
            ? yield* ofFile(
                Option.getOrElse(flags.file, () => "-"),
                reading
              )
            : yield* ofCampaign(campaign, Option.getOrUndefined(flags.file), { ...reading, once: flags.once }, now)
        yield* track(flags, input)
      }).pipe(Effect.provide(TrackerDefinition.layer(definition).pipe(Layer.provide(environment))))
    })
  )
)

const orUsage = <A>(result: Result.Result<A, string>) =>
  Effect.mapError(Effect.fromResult(result), (detail) => new UsageError({ detail }))

/** Where a run's messages come from. */
interface Input {
  readonly messages: Stream.Stream<
    ReadonlyArray<Message.MessageRef> | Discovery.Discovered,
    MessageFile.MessageFileError | SourceError.SourceError
  >
  /** Rows that came by standard input and were bad, once the messages have ended. */
  readonly badRows: Effect.Effect<ReadonlyArray<string>>
  /** Messages are found by sweep, so there may be none. */
  readonly campaign: boolean
  readonly notSent: () => TrackReport.NotSent | undefined
}

/** What a file's reader has to say before anything is tracked. */
const tell = ({ notices, rejectedCount, rejectedFile }: MessageFile.MessageSummary) => {
  for (const notice of notices) Terminal.stderr.print(notice)
  if (rejectedFile !== undefined) {
    Terminal.stderr.print(`${rejectedCount} bad rows were left out; they are in ${rejectedFile}`)
  }
}

/** The messages of a file, or of standard input. */
const ofFile = Effect.fnUntraced(function* (name: string, options: MessageFile.MessageFileOptions) {
  const { refuse } = yield* Tracker.Tracker
  const file = yield* MessageFile.open(name, { ...options, refuse })
  const before = yield* file.summary
  tell(before)
  const input: Input = {
    messages: Stream.map(file.batches, (lines) => lines.map(({ ref }) => ref)),
    badRows: Effect.map(file.summary, ({ rejected, rejectedCount }) =>
      rejectedCount === before.rejectedCount
        ? []
        : rejected.map(({ line, reason }) => `${file.name}: line ${line}: ${reason}`)
    ),
    campaign: false,
    notSent: () => undefined
  }
  return input
})

/** The messages that a campaign sent, by sweep; with what its contact list says of them. */
const ofCampaign = Effect.fnUntraced(function* (
  campaign: Campaign.Campaign,
  file: string | undefined,
  options: MessageFile.MessageFileOptions & { readonly once: boolean },
  now: number
) {
  const sources = yield* ReceiptSource.ReceiptSources
  const refusal = Campaign.refuse(campaign, sources, now)
  if (refusal !== undefined) return yield* new UsageError({ detail: refusal })
  const list =
    file === undefined ? undefined : yield* ContactList.read(file, { ...options, campaignId: campaign.campaignId })
  if (list !== undefined) tell(list.summary)
  const complete = new Map<string, number>()
  const able = sources.filter(({ sweep }) => sweep !== undefined)
  const input: Input = {
    messages: Discovery.discover({
      ...campaign,
      sources,
      once: options.once,
      onPass: ({ completeUntil, source }) => Effect.sync(() => void complete.set(source, completeUntil))
    }).pipe(Stream.map((found) => (list === undefined ? found : { ...found, refs: found.refs.map(list.join) }))),
    badRows: Effect.succeed([]),
    campaign: true,
    notSent: () => {
      if (list === undefined) return undefined
      const whole = complete.size === able.length
      return {
        contacts: whole ? list.notSent() : undefined,
        completeUntil: whole ? Math.min(...complete.values()) : undefined,
        unlisted: list.unlisted()
      }
    }
  }
  return input
})

interface TrackFlags {
  readonly actor: Option.Option<string>
  readonly for: Option.Option<number>
  readonly once: boolean
  readonly follow: boolean
  readonly failUnder: Option.Option<number>
  readonly json: boolean
}

const track = Effect.fnUntraced(function* (flags: TrackFlags, input: Input) {
  yield* HeapGrowth.contain
  const tracker = yield* Tracker.Tracker
  const journal = yield* Journal.Journal
  const startedAt = yield* Clock.currentTimeMillis
  let begun: number | undefined
  const print = (ended: TrackReport.Ended) =>
    TrackReport.print(ended, { json: flags.json, campaign: input.campaign, notSent: input.notSent() })
  /** Following has no other end than being stopped: that is when its result is due. */
  const printStopped = Effect.suspend(() =>
    flags.follow && begun !== undefined
      ? Effect.ignore(Effect.flatMap(TrackReport.ofStopped(begun, startedAt), print))
      : Effect.void
  )

  const ended = yield* Effect.scopedWith((scope) =>
    tracker.track({
      messages: input.messages,
      actor: Option.getOrElse(flags.actor, currentActor),
      version,
      once: flags.once,
      for: Option.getOrUndefined(flags.for),
      onRun: (run) => {
        begun = run
        return Effect.asVoid(Effect.forkIn(showProgress(journal), scope))
      }
    })
  ).pipe(Effect.onInterrupt(() => printStopped))
  yield* print(ended)

  const badRows = yield* input.badRows
  for (const line of badRows) Terminal.stderr.print(line)
  const code = TrackReport.exitCode(ended.summary, Option.getOrUndefined(flags.failUnder), badRows.length > 0)
  if (code !== 0) return yield* new Finished({ code })
})

/** Says how far a run is, when there is something new to say: every second on a terminal, every ten elsewhere. */
const showProgress = (journal: Journal.JournalService) =>
  Effect.gen(function* () {
    const { draw, live } = Terminal.stderr
    const startedAt = yield* Clock.currentTimeMillis
    const changes = yield* journal.changes
    let said = 0
    while (true) {
      yield* PubSub.take(changes)
      yield* Effect.sleep(live ? 1000 : 10_000)
      const { delivered, failed, pending, registered, unconfirmed } = yield* journal.counts
      const alert = yield* journal.alert
      const text = `${alert === undefined ? "" : `! ${Alerts.inBrief(alert)}; `}${delivered} delivered, ${failed} failed, ${unconfirmed} unconfirmed, ${pending} pending of ${registered}; ${yield* journal.requests} requests`
      const seconds = ((yield* Clock.currentTimeMillis) - startedAt) / 1000
      const ended = registered - pending
      if (live) draw(`${seconds.toFixed(0)} s: ${text}`)
      else if (ended !== said) draw(text)
      said = ended
    }
  }).pipe(Effect.scoped)
