import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { CodeTable, type DeliveryReceipt, Taxonomy } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { classifiers, classify, lists, read } from "./Providers.ts"

type Row = CodeTable.CodeRow

const folder = join(import.meta.dirname, "../src/lists")

describe("the lists", () => {
  it("are those of the folder, one for each profile", () =>
    assert.deepStrictEqual(
      lists.map(({ profile }) => `${profile}.json`),
      readdirSync(folder).sort()
    ))

  it.each(lists.map((list) => [list.profile, list] as const))("%s is sound", (profile, list) => {
    const json: unknown = JSON.parse(readFileSync(join(folder, `${profile}.json`), "utf8"))
    assert.deepStrictEqual(Schema.decodeUnknownSync(CodeTable.CodeList, { onExcessProperty: "error" })(json), list)
    const seen = new Set<string>()
    for (const { cause, code, field, source, state } of list.codes) {
      const place = `${field} ${code}`.toUpperCase()
      assert.isFalse(seen.has(place), `${place} stands there twice`)
      seen.add(place)
      assert.match(source, /^https:\/\/\S+$/, place)
      if (state === "failed") assert.isTrue(cause !== undefined && Taxonomy.isCause(cause), `${place} has no cause`)
      else assert.isUndefined(cause, `${place} is ${state} and has a cause`)
    }
  })
})

/** The numbers in a field's name: `status.id (groupId 5)`. */
const groupIn = (field: string) => /\(groupId (\d)\)/.exec(field)?.[1]

const infobip = ({ code, field }: Row) => {
  const id = Number(code)
  const groupId = Number(groupIn(field) ?? 2)
  if (field.startsWith("status.id")) return { status: { groupId, id }, error: { groupId: 0, id: 0 } }
  return { status: { groupId: 2, id: 9 }, error: { groupId, id } }
}

const aws = ({ code, field }: Row) =>
  field === "sns.providerResponse"
    ? { status: "FAILURE", delivery: { providerResponse: code } }
    : { [field]: code, isFinal: true }

/** A payload that says what a row says, as the provider sends it. */
const payloadOf: Readonly<Record<string, (row: Row) => unknown>> = {
  "aws-end-user-messaging": aws,
  "azure-communication-services": ({ code, field }) =>
    field === "deliveryStatus"
      ? { deliveryStatus: code }
      : { deliveryStatus: "Failed", deliveryStatusDetails: { statusMessage: code } },
  bandwidth: ({ code }) => ({ type: "message-failed", errorCode: Number(code) }),
  bird: ({ code, field }) => {
    const failure = field === "failure.code" ? { code } : { source: { code } }
    return { status: "delivery_failed", ...(field === "status.reason" ? { reason: code } : { failure }) }
  },
  firetext: ({ code, field }) => (field === "status" ? { status: code } : { status: "1", code }),
  infobip,
  jasmin: ({ code }) => ({ message_status: code, level: "2", err: "0" }),
  kaleyra: ({ code, field }) => (field === "status" ? { status: code } : { status: "Undelivered", trace_code: code }),
  kannel: ({ code }) => ({ type: code }),
  kpn: ({ code }) => ({ error: code }),
  mmg: ({ code }) => {
    const [status, substatus] = code.split("/")
    return { status, substatus }
  },
  plivo: ({ code }) => ({ Status: "undelivered", ErrorCode: code }),
  sinch: ({ code, field }) => {
    if (field === "status") return { status: code }
    if (field === "code") return { status: "Failed", code: Number(code) }
    return { message_delivery_report: { status: "FAILED", reason: { code } } }
  },
  telnyx: ({ code }) => ({ status: "delivery_failed", errors: [{ code }] }),
  twilio: ({ code, field }) =>
    field === "MessageStatus" ? { MessageStatus: code } : { MessageStatus: "undelivered", ErrorCode: code },
  vonage: ({ code, field }) => {
    if (field === "submit_status") return { messages: [{ status: code }] }
    return field === "status" ? { status: code } : { status: "failed", "err-code": code }
  },
  zipwhip: ({ code, field }) => ({ [field]: Number(code) })
}

/** Clickatell's receipts are read by another package: its number stands in a TLV. */
const receiptOf = (profile: string, row: Row): DeliveryReceipt.DeliveryReceipt =>
  profile === "clickatell"
    ? { profile, providerStatus: "UNDELIV", status: "failed", code: row.code, field: row.field }
    : read(profile, payloadOf[profile]?.(row)).receipt

describe("every row that fails, or says that nobody will know,", () => {
  it.each(lists.map((list) => [list.profile, list] as const))("is reached by a payload of %s", (profile, list) => {
    const rows = list.codes.filter(({ state }) => state === "failed" || state === "unconfirmed")
    assert.isNotEmpty(rows)
    for (const row of rows) {
      const { actor, cause, classifier, retryable, rule, state } = classify(receiptOf(profile, row))
      const place = `${row.field} ${row.code}`
      assert.deepInclude(
        { classifier, state, cause },
        { classifier: profile, state: row.state, cause: row.cause },
        place
      )
      // Firetext's status alone: declined at once.
      const isRefined = profile === "firetext" && place === "status 1"
      if (row.state === "failed") {
        assert.deepStrictEqual(
          { actor, retryable },
          { actor: row.actor, retryable: isRefined ? "no" : row.retryable },
          place
        )
      }
      assert.strictEqual(rule, place)
    }
  })
})

describe("every other row", () => {
  it.each(lists.map((list) => [list.profile, list] as const))("of a status of %s is named", (profile, list) => {
    const ofErrors = ["ErrorCode", "err-code", "code", "error.id", "deliveryStatusDetails"]
    const rows = list.codes.filter(
      ({ field, state }) =>
        !ofErrors.some((name) => field.startsWith(name)) && state !== "failed" && state !== "unconfirmed"
    )
    for (const row of rows) {
      const said = classify(receiptOf(profile, row))
      const isFinal = row.code === "TEXT_SUCCESSFUL"
      assert.strictEqual(said.state, isFinal ? "delivered" : row.state, row.code)
      assert.strictEqual(said.rule, `${row.field} ${row.code}`)
      assert.strictEqual(said.classifier, profile)
    }
  })
})

describe("the classifiers", () => {
  it("stand in a fixed order, and list their rules", () => {
    assert.deepStrictEqual(
      classifiers.map(({ name }) => name),
      [
        "twilio",
        "vonage",
        "infobip",
        "sinch",
        "telnyx",
        "bandwidth",
        "plivo",
        "aws-end-user-messaging",
        "azure-communication-services",
        "bird",
        "clickatell",
        "firetext",
        "jasmin",
        "kaleyra",
        "kannel",
        "kpn",
        "mmg",
        "zipwhip",
        "prose"
      ]
    )
    for (const { codes, profile } of lists) {
      const rules = classifiers.find(({ name }) => name === profile)?.rules?.map(({ rule }) => rule)
      assert.includeMembers(
        rules ?? [],
        codes.map(({ code, field }) => `${field} ${code}`)
      )
    }
  })

  it("read Clickatell's numbers as numbers, in either field, and no other field's", () => {
    const receipt = { profile: "clickatell", providerStatus: "UNDELIV", status: "failed" } as const
    for (const field of ["err", "network_error_code"]) {
      for (const code of ["14", "014"])
        assert.strictEqual(classify({ ...receipt, field, code }).cause, "content_filtered")
    }
    assert.isNull(classify({ ...receipt, field: "command_status", code: "14" }).classifier ?? null)
    assert.isNull(classify({ ...receipt, field: "err", code: "000" }).classifier ?? null)
  })

  it("leave a code that nobody knows, and keep it", () => {
    const { receipt } = read("twilio", { MessageStatus: "undelivered", ErrorCode: "30999" })
    assert.strictEqual(receipt.code, "30999")
    assert.isUndefined(classify(receipt).classifier)
  })
})
