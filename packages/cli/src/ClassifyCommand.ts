/**
 * `dlrkit classify`: what receipts mean, line by line; and which codes of a journal nobody knows.
 *
 * @module
 */
import { ClassifiedReceipt, type Classifier, ReceiptProfile } from "@dlrkit/core"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Configuration from "./Configuration.ts"
import * as CoverageReport from "./CoverageReport.ts"
import { Finished, UsageError } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as InputFile from "./InputFile.ts"
import * as KnownClassifiers from "./KnownClassifiers.ts"
import { openJournal } from "./OpenJournal.ts"
import * as ReceiptLines from "./ReceiptLines.ts"
import * as Terminal from "./Terminal.ts"
import * as TextLines from "./TextLines.ts"

const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDefault(false), Flag.withDescription(description))

/** The command. */
export const command = Command.make("classify", {
  file: Argument.String("FILE").pipe(
    Argument.withDescription("A file of receipts, one JSON object a line; standard input where none is named, or -"),
    Argument.optional
  ),
  profile: Flag.String("profile").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription(
      "Whose receipts those lines hold that do not say so, such as twilio; a line may then be the receipt itself"
    ),
    Flag.optional
  ),
  explain: flag("explain", "Add to each answer how it came about"),
  coverage: flag("coverage", "Instead: which codes of a journal nobody knows, and a rule to fill in for each"),
  config: Flags.config,
  journal: Flags.journal,
  json: Flags.json
}).pipe(
  Command.withShortDescription("What receipts mean, or which codes nobody knows"),
  Command.withDescription(
    'Reads receipts as providers send them, {"profile":"twilio","receipt":{…}} on each line, and prints what each means: one line each, in order. Asks the classifiers of the config first, then all that come with dlrkit. A line that cannot be read gives an object with "error", the rest goes on, and it ends with 2. With --coverage it reads a journal instead, alone and beside a tracker, and prints the codes that nobody knows as rules to fill in.'
  ),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      const { coverage, explain, json } = flags
      const profile = Option.getOrUndefined(flags.profile)
      const file = Option.getOrUndefined(flags.file)
      if (coverage && (file !== undefined || explain || profile !== undefined)) {
        return yield* new UsageError({ detail: "--coverage reads a journal: it takes no FILE, --profile or --explain" })
      }
      if (!coverage && (json || Option.isSome(flags.journal))) {
        return yield* new UsageError({ detail: "--journal and --json go with --coverage" })
      }
      const loaded = yield* Configuration.load({
        config: Option.getOrUndefined(flags.config),
        journal: Option.getOrUndefined(flags.journal)
      })
      const own = loaded.file === undefined ? [] : yield* KnownClassifiers.configured(loaded)
      const classifiers = KnownClassifiers.withBuiltIn(own)
      if (!coverage) return yield* classify(file ?? "-", { classifiers, profile, explain })
      yield* CoverageReport.print(classifiers, json).pipe(Effect.provide(yield* openJournal(flags)))
    }, Effect.scoped)
  )
)

const classify = Effect.fnUntraced(function* (
  file: string,
  options: {
    readonly classifiers: ReadonlyArray<Classifier.Classifier>
    readonly profile: string | undefined
    readonly explain: boolean
  }
) {
  const { classifiers, explain, profile } = options
  const profiles = classifiers.flatMap(({ profiles = [] }) => profiles.map(({ name }) => name))
  if (profile !== undefined && !profiles.some((name) => name.toLowerCase() === profile.trim().toLowerCase())) {
    return yield* new UsageError({ detail: ReceiptProfile.noneNamed(profile, profiles) })
  }
  const reader = ClassifiedReceipt.make(classifiers, KnownClassifiers.tellFaults())
  const lines = ReceiptLines.make({ profile, read: explain ? reader.explain : reader.read })
  const text = TextLines.make()
  const { bytes, name } = yield* InputFile.open(file)
  const orFail = (read: Result.Result<ReadonlyArray<TextLines.TextLine>, string>) =>
    Result.isSuccess(read)
      ? Effect.succeed(lines.take(read.success))
      : Effect.fail(new UsageError({ detail: `${name}: ${read.failure}` }))
  yield* bytes.pipe(
    Stream.mapEffect((bytes) => orFail(text.push(bytes))),
    Stream.concat(Stream.fromEffect(Effect.suspend(() => orFail(text.end())))),
    // Whoever has read enough ends it, as `| head` does.
    Stream.takeWhileEffect((output) => (output === "" ? Effect.succeed(true) : Terminal.printLines(output))),
    Stream.runDrain
  )
  const unreadable = lines.unreadable()
  if (unreadable === 0) return
  Terminal.stderr.print(
    `${unreadable} ${unreadable === 1 ? "line" : "lines"} cannot be read: each says why at its place`
  )
  return yield* new Finished({ code: 2 })
})
