/**
 * A campaign's contact list, as the platform exports it: what the user knows of whom a campaign sends to. Messages that are
 * found on the platform are joined to it by their contact's id, and it tells who was never sent to.
 *
 * The export calls a contact's id `inin-outbound-id`, names the user's own columns as the user did, and adds columns of the
 * dialer's: `ContactCallable`, `ContactableBySms`, `ZipCodeAutomaticTimeZone`, and for each column of numbers, such as
 * `Cell`, `SmsLastResult-Cell`, `Callable-Cell` and their like. Source: exported lists in public repositories on GitHub, and
 * the test of `contacts_id_name` in MyPureCloud/terraform-provider-genesyscloud.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as MessageFile from "./MessageFile.ts"
import * as MessageRow from "./MessageRow.ts"

/** The contacts of a list. */
export interface ContactList {
  /** How many there are. */
  readonly size: number
  /** What the reader of the file has to say of it. */
  readonly summary: MessageFile.MessageSummary
  /** Adds what the list says of a message's contact, who counts as sent to from now on. What the platform says stands. */
  readonly join: (ref: MessageRow.MessageRef) => MessageRow.MessageRef
  /** The ids of contacts of whom no message was joined, in the order of the list. */
  readonly notSent: () => ReadonlyArray<string>
  /** How many messages went to contacts that the list does not have. */
  readonly unlisted: () => number
}

/** A column of the dialer's own that is about a column of numbers or addresses: `SmsLastResult-Cell`. */
const aboutColumn =
  /^(?:CallRecordLast(?:Attempt|Result|AgentWrapup)|(?:Sms|Email|WhatsApp)Last(?:Attempt|Result)|Callable|ContactableBy\w+|AutomaticTimeZone)-(.+)$/i

/** A column of the dialer's own that is about the whole contact. */
const aboutContact = /^(?:ContactCallable|ContactableBy\w+|ZipCodeAutomaticTimeZone)$/i

const numbersAreNoLabels = "phone numbers and addresses are no labels"

/** What people call columns of numbers. */
const numberNames: ReadonlySet<string> = new Set([
  ...Object.values(MessageRow.numberNames).flat(),
  ..."cell cellphone mobile mobilephone home homephone work workphone telephone tel msisdn number".split(" ")
])

const unkept = (header: ReadonlyArray<string>): ReadonlyMap<string, string> => {
  const reasons = new Map<string, string>()
  for (const written of header) {
    const name = written.trim()
    const about = aboutColumn.exec(name)?.[1]
    if (about !== undefined) reasons.set(MessageRow.normalize(about), numbersAreNoLabels)
    if (about !== undefined || aboutContact.test(name)) reasons.set(MessageRow.normalize(name), "the dialer's own")
    if (numberNames.has(MessageRow.normalize(name))) reasons.set(MessageRow.normalize(name), numbersAreNoLabels)
  }
  return reasons
}

/** Looks like a phone number with its country. */
const phoneNumber = /^\s*\+\d(?:[\s().-]*\d){6,14}\s*$/

/** The rows of a contact list: contacts of one campaign. */
const kind = (campaignId: string): MessageRow.Kind => ({
  names: {
    outboundContactId: ["ininoutboundid", "outboundcontactid", "contactid", "id"],
    carrier: ["carrier"],
    deadlineAt: ["deadlineat"],
    deadline: ["deadline"]
  },
  given: { campaignId },
  needed: "a contact's id: inin-outbound-id, outboundContactId, contactId or id",
  unkept,
  isLabel: (cell) => !phoneNumber.test(cell)
})

/** How to read a contact list. */
export interface ContactListOptions extends Pick<MessageFile.MessageFileOptions, "skipBadRows" | "timeZone"> {
  readonly campaignId: string
}

/**
 * Reads a contact list whole. A contact is a text in memory, not an object: 200,000 with five labels take some 80 MB.
 *
 * Fails with `MessageFileError` as {@link MessageFile.open} does; of standard input, too, bad rows fail the whole list
 * unless they are to be skipped.
 */
export const read = Effect.fnUntraced(function* (
  file: string,
  { campaignId, ...options }: ContactListOptions
): Effect.fn.Return<ContactList, MessageFile.MessageFileError, FileSystem.FileSystem | Stdio.Stdio> {
  const source = yield* MessageFile.open(file, { ...options, kind: kind(campaignId) })
  const rows = new Map<string, number>()
  const texts: Array<string> = []
  yield* Stream.runForEach(source.batches, (batch) =>
    Effect.sync(() => {
      for (const { ref } of batch) {
        const { campaignId: _, outboundContactId = "", ...known } = ref
        rows.set(outboundContactId, texts.length)
        texts.push(JSON.stringify(known))
      }
    })
  )
  const summary = yield* source.summary
  if (summary.rejectedCount > 0 && options.skipBadRows !== true) {
    const lines = summary.rejected.map(({ line, reason }) => `line ${line}: ${reason}`)
    const what = summary.rejectedCount === 1 ? "1 bad row" : `${summary.rejectedCount} bad rows`
    const head = `${source.name}: ${what}, so nothing is registered (--skip-bad-rows tracks the others):`
    return yield* new MessageFile.MessageFileError({
      file: source.name,
      reason: "BadRows",
      message: [head, ...lines].join("\n  ")
    })
  }
  const sentTo = new Uint8Array(texts.length)
  let unlisted = 0
  return {
    size: texts.length,
    summary,
    join: (ref) => {
      const row = rows.get(ref.outboundContactId ?? "")
      if (row === undefined) {
        unlisted += 1
        return ref
      }
      sentTo[row] = 1
      return { ...(JSON.parse(texts[row] as string) as Partial<MessageRow.MessageRef>), ...ref }
    },
    notSent: () => {
      const ids: Array<string> = []
      for (const [id, row] of rows) if (sentTo[row] === 0) ids.push(id)
      return ids
    },
    unlisted: () => unlisted
  }
})
