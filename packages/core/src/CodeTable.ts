/**
 * Code tables: a provider's published list of codes as data, and the classifier that it makes.
 *
 * A list is checked by {@link CodeList}, compiled once to maps, and looked up by field and code, whole and in their own
 * field: `1` is a dead number in one list and an absent phone in another. Letter case and white space around a code do not
 * count; digits do (`008` and `8` are two codes).
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { type Classifier, defineClassifier, type Rule, type Verdict } from "./Classifier.ts"
import { type DeliveryReceipt, stateOf } from "./DeliveryReceipt.ts"
import type { ReceiptProfile } from "./ReceiptProfile.ts"
import { Actor, Cause, Retryable } from "./Taxonomy.ts"

/** One row of a list: what a code says in one field. */
export const CodeRow = Schema.Struct({
  /** As the provider writes it; a text also where it is a number. */
  code: Schema.NonEmptyString,
  /** Where it stands in the provider's payload, in the provider's words. */
  field: Schema.NonEmptyString,
  /** What it says, in a few words. */
  meaning: Schema.NonEmptyString,
  state: Schema.Literals(["in_progress", "delivered", "failed", "unconfirmed", "ignore"]),
  /** Only of failures, and of all of them. */
  cause: Schema.optionalKey(Cause),
  retryable: Retryable,
  actor: Actor,
  /** Seconds before sending again, only where the provider says so. */
  retryAfterSeconds: Schema.optionalKey(Schema.Int),
  /** Where it is documented. */
  source: Schema.NonEmptyString,
  note: Schema.optionalKey(Schema.String)
})
/** See {@link CodeRow}. */
export type CodeRow = typeof CodeRow.Type

/** A provider's list. */
export const CodeList = Schema.Struct({
  profile: Schema.NonEmptyString,
  /** The provider, for people. */
  provider: Schema.NonEmptyString,
  /** Where the list is published. */
  source: Schema.Array(Schema.NonEmptyString),
  /** When it was read: providers reuse numbers. */
  retrieved: Schema.String,
  notes: Schema.optionalKey(Schema.Array(Schema.String)),
  codes: Schema.Array(CodeRow)
})
/** See {@link CodeList}. */
export type CodeList = typeof CodeList.Type

/** A row, and the verdict that it makes. */
export interface CodeEntry {
  readonly row: CodeRow
  readonly verdict: Verdict
}

/** A compiled list. */
export interface CodeTable {
  readonly list: CodeList
  /** What a code says in a field; `undefined` where the list has no such row. */
  readonly find: (field: string, code: string) => CodeEntry | undefined
}

/** A code or a field as it is compared. */
const folded = (text: string) => text.trim().toUpperCase()

const entryOf = (row: CodeRow): CodeEntry => ({
  row,
  verdict: Object.freeze<Verdict>({
    state: row.state,
    cause: row.cause,
    retryable: row.retryable,
    retryAfterSeconds: row.retryAfterSeconds,
    actor: row.actor,
    rule: `${row.field} ${row.code}`,
    why: row.note === undefined ? row.meaning : `${row.meaning} (${row.note})`
  })
})

/** Compiles a list. Of two rows with the same field and code, the first one counts. */
export const make = (list: CodeList): CodeTable => {
  const fields = new Map<string, Map<string, CodeEntry>>()
  for (const row of list.codes) {
    const codes = fields.get(row.field) ?? new Map<string, CodeEntry>()
    fields.set(row.field, codes)
    fields.set(folded(row.field), codes)
    const entry = entryOf(row)
    for (const code of [row.code, folded(row.code)]) if (!codes.has(code)) codes.set(code, entry)
  }
  return {
    list,
    find: (field, code) => {
      const codes = fields.get(field) ?? fields.get(folded(field))
      return codes?.get(code) ?? codes?.get(folded(code))
    }
  }
}

/** Checks a list as it stands in a file, and compiles it. It throws where the list is not a {@link CodeList}. */
export const load = (json: unknown): CodeTable => make(Schema.decodeUnknownSync(CodeList)(json))

/** What a classifier over a table needs to know beside the table. */
export interface TableOptions {
  readonly table: CodeTable
  /** The fields that say where the message is, not why: they are asked where no code tells more. */
  readonly statusFields: ReadonlyArray<string>
  /** Where the list has a status, if it is not the word itself in one of those fields. */
  readonly statusOf?: ((word: string) => CodeEntry | undefined) | undefined
  /** The field that a code without one stands in. */
  readonly codeField?: string | undefined
  readonly profiles?: ReadonlyArray<ReceiptProfile> | undefined
  /** For what a row alone cannot tell, such as what came before. */
  readonly refine?: ((receipt: DeliveryReceipt, verdict: Verdict) => Verdict) | undefined
  /** For what no row says, */
  readonly otherwise?: ((receipt: DeliveryReceipt) => Verdict | undefined) | undefined
  /** and the rules that it goes by. */
  readonly otherRules?: ReadonlyArray<Rule> | undefined
}

const isNews = ({ row }: CodeEntry) => row.state === "failed" || row.state === "unconfirmed"

/**
 * A classifier over a table, for the receipts of its profile. The state is the receipt's own; where it failed, the code
 * says why, and where there is none that tells, the status word does. A code on a receipt that did not fail is stale and
 * not read. Of a receipt without a status, the code says everything.
 */
export const classifier = (options: TableOptions): Classifier => {
  const { codeField, otherRules = [], otherwise, profiles, refine, statusFields, statusOf, table } = options
  const { codes, profile } = table.list
  const byStatus = (word: string): CodeEntry | undefined => {
    for (const field of statusFields) {
      const entry = table.find(field, word)
      if (entry !== undefined) return entry
    }
    return statusOf?.(word)
  }
  const byCode = ({ code, field = codeField }: DeliveryReceipt): CodeEntry | undefined =>
    code === undefined || field === undefined ? undefined : table.find(field, code)

  const verdictOf = (receipt: DeliveryReceipt): Verdict | undefined => {
    const { code, providerStatus, status } = receipt
    if (status === undefined) return (byCode(receipt) ?? byStatus(providerStatus))?.verdict
    if (status !== "failed") return word(receipt)
    const told = byCode(receipt)
    if (told !== undefined && isNews(told)) return told.verdict
    const general = byStatus(providerStatus)
    if (general === undefined || general.row.state !== "failed") return undefined
    // A word that explains nothing beside a code that nobody knows is no answer: another classifier may know the code.
    const isUnknown = code !== undefined && told === undefined
    return general.row.cause === "unexplained" && isUnknown ? undefined : general.verdict
  }
  /** What the status word itself says, where the receipt agrees with the list: which rule, and why. */
  const word = ({ providerStatus, ...receipt }: DeliveryReceipt): Verdict | undefined => {
    const entry = byStatus(providerStatus)
    if (entry === undefined || entry.row.state !== stateOf(receipt)) return undefined
    return { rule: entry.verdict.rule, why: entry.verdict.why }
  }

  return defineClassifier({
    name: profile,
    classify: (receipt) => {
      if (receipt.profile !== profile) return undefined
      const verdict = verdictOf(receipt)
      if (verdict === undefined) return otherwise?.(receipt)
      return refine === undefined ? verdict : refine(receipt, verdict)
    },
    ...(profiles === undefined ? {} : { profiles }),
    rules: [
      ...codes.map(
        ({ cause, code, field }): Rule => ({ rule: `${field} ${code}`, profile, field, code, ...(cause && { cause }) })
      ),
      ...otherRules
    ]
  })
}
