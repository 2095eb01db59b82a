/**
 * A receipt as a provider sends it, with what is known around it, and what it means: the input and output of
 * `dlrkit classify`. Pure: the same line and classifiers give the same answer.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Classifier from "./Classifier.ts"
import { type DeliveryReceipt, type State, stateOf } from "./DeliveryReceipt.ts"
import * as ExternalId from "./ExternalId.ts"
import * as Multipart from "./Multipart.ts"
import * as ReceiptProfile from "./ReceiptProfile.ts"
import * as RouteCodes from "./RouteCodes.ts"
import * as Standing from "./Standing.ts"
import { type Actor, adviceOf, type Category, type Cause, type Resend, type Retryable } from "./Taxonomy.ts"

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** A receipt, and what is known around it. `null` is as good as absent. */
export const Line = Schema.Struct({
  /** Whose code list it goes by; absent where the receipt itself shows that. */
  profile: optional(Schema.NonEmptyString),
  /** The provider's own payload: an object, or a text as it came. */
  receipt: Schema.optionalKey(Schema.Unknown),
  /** The receipts of a message of several parts, in place of `receipt`. */
  parts: optional(
    Schema.Array(Schema.Struct({ part: optional(Schema.Union([Schema.Int, Schema.String])), receipt: Schema.Unknown }))
  ),
  /** What the message's earlier receipts said, oldest first. */
  previous: optional(Schema.Array(Schema.Literals(["in_progress", "delivered", "failed", "unconfirmed", "ignore"]))),
  /** Which of the profile's code lists is meant, where two use the same numbers. */
  field: optional(Schema.NonEmptyString),
  /** Codes of this one route; see {@link RouteCodes}. */
  route_codes: Schema.optionalKey(Schema.Unknown),
  /** The ids by which the receipt and what came before it name the message, by where each was found. */
  ids: optional(
    Schema.Struct({
      submit_sm_resp: optional(Schema.String),
      text: optional(Schema.String),
      receipted_message_id: optional(Schema.String)
    })
  )
})
/** See {@link Line}. */
export type Line = typeof Line.Type

/** What a receipt means. `null` where something does not apply. */
export interface ClassifiedReceipt {
  /** Where the message stands after the receipt. `ignore`: it is no receipt of an outbound message. */
  readonly state: State
  readonly cause: Cause | null
  readonly category: Category | null
  /** `-` where nothing was sent. */
  readonly retryable: Retryable | "-"
  readonly retryAfterSeconds: number | null
  readonly resend: Resend | null
  readonly actor: Actor | null
  readonly action: string | null
  /** The receipt's own code. */
  readonly code: string | null
  readonly classifier: string | null
  readonly rule: string | null
  readonly why: string | null
  /** Whether the ids name one message; only where some were given. */
  readonly same_message?: boolean
  /** How it came to that, a sentence a step; only where it was asked for. */
  readonly explain?: ReadonlyArray<string>
}

/** Reads lines; a text says why one cannot be read. */
export interface Reader {
  readonly read: (line: unknown) => ClassifiedReceipt | string
  /** As `read`, with the way to the answer. */
  readonly explain: (line: unknown) => ClassifiedReceipt | string
}

/** What one payload means. */
interface Meaning {
  readonly meaning: Classifier.Classification
  readonly code: string | undefined
}

/** Takes a sentence of the way, where it is asked for. */
type Tell = ((sentence: string) => void) | undefined

const decodeLine = Schema.decodeUnknownResult(Line)

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A field as it is compared. */
const folded = (field: string) => field.trim().toLowerCase()

/** The fields of each profile's lists, as far as classifiers tell their rules. */
const fieldsByProfile = (classifiers: ReadonlyArray<Classifier.Classifier>) => {
  const fields = new Map<string, Map<string, string>>()
  for (const { field, profile } of classifiers.flatMap(({ rules = [] }) => rules)) {
    if (profile === undefined || field === undefined) continue
    const known = fields.get(profile) ?? new Map<string, string>()
    fields.set(profile, known.set(folded(field), field))
  }
  return fields
}

/**
 * Makes a reader over classifiers, which are asked in their order; of a line's own route codes, before them. `onFault` hears
 * of each time that one of them throws, or answers what the taxonomy does not have.
 */
export const make = (
  classifiers: ReadonlyArray<Classifier.Classifier>,
  onFault: (fault: Classifier.ClassifierFault) => void = () => {}
): Reader => {
  const profiles = classifiers.flatMap((classifier) => classifier.profiles ?? [])
  const byName = new Map(profiles.toReversed().map((profile) => [profile.name, [profile]]))
  const fields = fieldsByProfile(classifiers)

  const refusal = (profile: string, field: string, asked: ReadonlyArray<Classifier.Classifier>): string | undefined => {
    const known = fields.get(profile)
    if (known === undefined || known.has(folded(field))) return undefined
    const isOfRoute =
      asked !== classifiers && asked[0]?.rules?.some((rule) => folded(rule.field ?? "") === folded(field))
    return isOfRoute
      ? undefined
      : `the profile ${profile} has no field ${JSON.stringify(field)}: its fields are ${Array.from(known.values()).join(", ")}`
  }

  const readOne = (payload: unknown, line: Line, asked: ReadonlyArray<Classifier.Classifier>, tell: Tell) => {
    const profile = line.profile ?? undefined
    const field = line.field ?? undefined
    const known = profile === undefined ? profiles : (byName.get(profile) ?? profiles)
    const found = ReceiptProfile.read(known, { profile, field, payload, previous: line.previous ?? undefined })
    if (typeof found === "string") return found
    const { receipt } = found
    const refused = field === undefined ? undefined : refusal(receipt.profile, field, asked)
    if (refused !== undefined) return refused
    const meaning = Classifier.classify(asked, receipt, onFault)
    if (tell !== undefined) for (const sentence of wayOf(receipt, meaning, asked)) tell(sentence)
    return { meaning, code: receipt.code }
  }

  const readParts = (
    parts: NonNullable<Line["parts"]>,
    line: Line,
    asked: ReadonlyArray<Classifier.Classifier>,
    tell: Tell
  ): Meaning | string => {
    if (parts.length === 0) return "it has no part"
    const read: Array<Meaning & { readonly name: string }> = []
    for (const [index, { part, receipt }] of parts.entries()) {
      const name = `part ${part ?? index + 1}`
      const one = readOne(receipt, line, asked, tell && ((sentence) => tell(`${name}: ${sentence}`)))
      if (typeof one === "string") return `${name}: ${one}`
      read.push({ ...one, name })
    }
    const { decides, partlyArrived } = Multipart.together(read.map(({ meaning }) => meaning))
    const deciding = read.find(({ meaning }) => meaning === decides) ?? (read[0] as (typeof read)[number])
    const arrived = read.filter(({ meaning }) => meaning.state === "delivered").map(({ name }) => name)
    const why = [
      `${deciding.name} of ${parts.length} decides${deciding.meaning.why === undefined ? "" : `: ${deciding.meaning.why}`}`,
      ...(partlyArrived ? [`${arrived.join(" and ")} arrived: whoever sends again sends a duplicate of it`] : [])
    ].join("; ")
    return { meaning: { ...deciding.meaning, why }, code: deciding.code }
  }

  const readLine = (input: unknown, tell: Tell): ClassifiedReceipt | string => {
    if (!isObject(input)) return "it is no object with a receipt"
    const decoded = decodeLine(input)
    if (Result.isFailure(decoded)) return decoded.failure.message.replace(/\s*\n\s*/g, " ")
    const line = decoded.success
    const { ids, parts, receipt, route_codes } = line
    if ((receipt === undefined || receipt === null) && (parts === undefined || parts === null)) {
      return "it has no receipt"
    }
    let asked = classifiers
    if (route_codes !== undefined && route_codes !== null) {
      const codes = RouteCodes.decode(route_codes)
      if (Result.isFailure(codes)) return codes.failure
      asked = [RouteCodes.classifier(codes.success), ...classifiers]
    }
    const { previous } = line
    if (previous !== undefined && previous !== null && previous.length > 0) {
      tell?.(`earlier receipts said ${previous.join(", ")}`)
    }
    const read =
      parts === undefined || parts === null ? readOne(receipt, line, asked, tell) : readParts(parts, line, asked, tell)
    if (typeof read === "string") return read
    const answer = answerOf(read, Standing.of(line.previous ?? []))
    tell?.(conclusionOf(answer))
    return ids === undefined || ids === null ? answer : { ...answer, same_message: ExternalId.sameSmpp(given(ids)) }
  }

  return {
    read: (line) => readLine(line, undefined),
    explain: (line) => {
      const explain: Array<string> = []
      const answer = readLine(line, (sentence) => explain.push(sentence))
      return typeof answer === "string" ? answer : { ...answer, explain }
    }
  }
}

const given = (ids: NonNullable<Line["ids"]>): ExternalId.SmppIds =>
  Object.fromEntries(Object.entries(ids).filter(([, id]) => id !== null))

const output = (state: State, { code, meaning }: Meaning, why = meaning.why): ClassifiedReceipt => {
  const isFailure = state === "failed"
  return {
    state,
    cause: (isFailure ? meaning.cause : undefined) ?? null,
    category: (isFailure ? meaning.category : undefined) ?? null,
    retryable: state === "ignore" ? "-" : ((isFailure ? meaning.retryable : undefined) ?? "no"),
    retryAfterSeconds: (isFailure ? meaning.retryAfterSeconds : undefined) ?? null,
    resend: (isFailure ? meaning.resend : undefined) ?? (state === "unconfirmed" ? "ask" : null),
    actor: (isFailure ? meaning.actor : undefined) ?? null,
    action: (isFailure ? meaning.action : undefined) ?? null,
    code: code ?? null,
    classifier: meaning.classifier ?? null,
    rule: meaning.rule ?? null,
    why: why ?? null
  }
}

/** What a receipt means for a message that stood somewhere before. A word that nobody knows proves nothing. */
const answerOf = (read: Meaning, before: Standing.Said): ClassifiedReceipt => {
  const now = read.meaning.state
  if (now === "ignore") return output(now, read, read.meaning.why ?? reasonsToStay.ignore)
  const state = Standing.after(before, now)
  if (state === now || state === undefined) return output(now ?? "unconfirmed", read)
  const says = now === undefined ? "a word that nobody knows" : now
  const detail = [read.meaning.cause, read.meaning.why].filter((part) => part !== undefined).join(": ")
  const why = `${reasonsToStay[state]}; this receipt says ${says}${detail === "" ? "" : ` (${detail})`}`
  // Whoever reads the receipt does not say where the message stands: what came before does.
  const meaning = {
    ...read.meaning,
    classifier: undefined,
    rule: undefined,
    ...(state === "failed" && toldBefore(now))
  }
  return output(state, { ...read, meaning }, why)
}

const reasonsToStay: Readonly<Record<State, string>> = {
  delivered: "it was delivered before, and a delivery is not revoked",
  failed: "it failed before, for the reason given then, and the first end stands",
  unconfirmed: "it was called unconfirmed before, and only a final receipt resolves that",
  in_progress: "it was in progress before, and is so still",
  ignore: "it is no receipt of an outbound message"
}

/** A failure whose cause an earlier receipt gave. Where this one says that the message arrived, nobody sends it again. */
const toldBefore = (now: Standing.Said) => ({
  cause: "unexplained" as const,
  ...adviceOf("unexplained", now === "delivered" ? { retryable: "no" } : {})
})

/** Whether all that a classifier tells of itself is for other profiles than a receipt's. */
const isOfOthers = ({ profiles = [], rules = [] }: Partial<Classifier.Classifier> = {}, profile: string): boolean =>
  rules.length > 0 &&
  rules.every((rule) => rule.profile !== undefined && rule.profile !== profile) &&
  profiles.every(({ name }) => name !== profile)

/** How a receipt was read, and what each classifier said. */
const wayOf = (
  receipt: DeliveryReceipt,
  meaning: Classifier.Classification,
  asked: ReadonlyArray<Classifier.Classifier>
): ReadonlyArray<string> => {
  const { code, field, profile, providerStatus } = receipt
  const status = stateOf(receipt)
  const word = providerStatus === "" ? "no status" : `the status ${providerStatus}`
  const told = status === undefined ? "which the reader leaves open" : `which is ${status}`
  const coded = code === undefined ? "no code" : `the code ${code}${field === undefined ? "" : ` of ${field}`}`
  const way = [`read as a receipt of ${profile}: ${word}, ${told}, and ${coded}`]
  let silent: Array<string> = []
  let ofOthers = 0
  const flush = () => {
    if (silent.length > 0) way.push(`not known to ${silent.join(", ")}`)
    if (ofOthers > 0)
      way.push(`passed over: ${ofOthers} ${ofOthers === 1 ? "classifier" : "classifiers"} of other profiles`)
    silent = []
    ofOthers = 0
  }
  for (const [index, { classifier, fault, verdict }] of Classifier.explain(asked, receipt).entries()) {
    if (fault === undefined && verdict === undefined) {
      if (isOfOthers(asked[index], profile)) ofOthers += 1
      else silent.push(classifier)
      continue
    }
    flush()
    way.push(
      fault === undefined ? `${classifier} answers ${verdictText(verdict)}` : `${classifier} is at fault: ${fault}`
    )
  }
  flush()
  if (meaning.classifier === undefined) way.push(`nobody answers${meaning.why === undefined ? "" : `: ${meaning.why}`}`)
  return way
}

const verdictText = ({ cause, rule, state, why }: Classifier.Verdict = {}): string =>
  [
    rule === undefined ? "" : `by its rule ${rule}`,
    [state, cause].filter((word) => word !== undefined).join(" ") || "what the status says",
    why ?? ""
  ]
    .filter((part) => part !== "")
    .join(": ")

const conclusionOf = ({ action, actor, category, cause, retryable, state, why }: ClassifiedReceipt): string =>
  cause === null
    ? `so the state is ${state}${why === null ? "" : `: ${why}`}`
    : `so the state is ${state}: ${cause} (${category}), retry: ${retryable}, ${actor} must act: ${action}`
