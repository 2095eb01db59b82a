import { CodeTable, Multipart, Taxonomy } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import tpStatusJson from "../src/lists/3gpp-tp-status.json" with { type: "json" }
import gsmMapJson from "../src/lists/gsm-map.json" with { type: "json" }
import sinchJson from "../src/lists/sinch-smpp.json" with { type: "json" }
import smppJson from "../src/lists/smpp.json" with { type: "json" }
import twilioJson from "../src/lists/twilio-smpp.json" with { type: "json" }
import { cases } from "./PublishedCases.ts"
import { brief, meaning, smpp } from "./Receipts.ts"

describe("the published cases", () => {
  it.each(cases)("$id", (one) => assert.strictEqual(brief(one.receipt, one), one.expected))
})

describe("the lists", () => {
  const decode = Schema.decodeUnknownSync(CodeTable.CodeList, { onExcessProperty: "error" })
  const words = decode(smppJson)
  const numbers = [gsmMapJson, twilioJson, sinchJson].map((list) => decode(list))
  const tpStatus = decode(tpStatusJson)
  const lists = [words, ...numbers, tpStatus]

  it.each(lists)("$profile is well formed", ({ codes }) => {
    const keys = codes.map(({ code, field }) => `${field} ${code}`.toUpperCase())
    assert.strictEqual(new Set(keys).size, keys.length)
    for (const { cause, code, source, state } of codes) {
      assert.strictEqual(cause !== undefined, state === "failed", code)
      assert.match(source, /^https:\/\//)
    }
  })

  it("have no two numbers that differ by their zeros alone", () => {
    for (const { codes } of numbers) {
      const keys = codes.map(({ code, field }) => `${field} ${Number(code)}`)
      assert.strictEqual(new Set(keys).size, keys.length)
    }
  })

  it("are all told as rules, and the ranges of TP-Status besides", () => {
    const rows = lists.reduce((sum, { codes }) => sum + codes.length, 0)
    assert.strictEqual(smpp.rules?.length, rows + 5)
    const names = (smpp.rules ?? []).map(({ profile, rule }) => `${profile} ${rule}`)
    assert.strictEqual(new Set(names).size, names.length)
  })

  it("name words and states of SMPP with what each row says", () => {
    for (const row of words.codes) {
      const payload = {
        stat: `id:1 stat:${row.code}`,
        message_state: { text: "", tlvs: { message_state: Number(row.code) } },
        command_status: { command_status: Number(row.code) }
      }[row.field]
      const said = meaning(payload)
      assert.deepInclude(said, { state: row.state, cause: row.cause, rule: `${row.field} ${row.code}` })
      if (row.state === "failed") assert.deepInclude(said, { retryable: row.retryable, actor: row.actor })
    }
  })

  it.each(numbers)("name the numbers of $profile with what each row says", (list) => {
    for (const row of list.codes) {
      if (/^0+$/.test(row.code)) continue
      for (const err of [row.code, row.code.padStart(4, "0")]) {
        const said = meaning(`id:1 stat:UNDELIV err:${err}`, { profile: list.profile, field: row.field })
        const { actor, cause, code, field, retryable } = row
        assert.deepInclude(said, { cause, retryable, actor, rule: `${field} ${code}`, code: err })
        assert.include(said.why, row.meaning)
      }
    }
  })

  it("name TP-Status with what each row says", () => {
    for (const { code, state } of tpStatus.codes) {
      assert.deepInclude(meaning({ tp_status: code }, { profile: null }), { state, rule: `tp_status ${code}`, code })
    }
  })
})

describe("the state", () => {
  it.each([
    ["id:1 stat:DELIVRD err:002", "gsm-map", "delivered"],
    ["id:1 stat:ENROUTE err:001", "gsm-map", "in_progress"],
    ["id:1 stat:ACCEPTD err:001", "gsm-map", "in_progress"],
    ["id:1 stat:UNKNOWN err:001", "gsm-map", "unconfirmed"],
    ["id:1 stat:FAILED err:001", "gsm-map", "failed invalid_number no"],
    ["id:1 stat:EXPIRED err:006", "gsm-map", "failed handset_unreachable after"],
    ["id:1 stat:EXPIRED err:199", "gsm-map", "failed expired after"],
    ["id:1 stat:EXPIRED err:114", "sinch-smpp", "failed expired after"],
    ["id:1 stat:EXPIRED err:075", "smpp", "failed expired after"],
    ["id:1 stat:REJECTD err:0000", "smpp", "failed refused_unspecified no"]
  ])("%s of %s goes before the cause", (text, profile, expected) => {
    assert.strictEqual(brief(text, { profile }), expected)
  })

  it.each([
    [2, "UNDELIV", "delivered", "delivered; message_state 2 goes before stat UNDELIV"],
    [5, "DELIVRD", "failed unexplained after", "message_state 5 goes before stat DELIVRD"],
    [1, "EXPIRED", "in_progress", "en route; message_state 1 goes before stat EXPIRED"],
    [8, "EXPIRED", "failed refused_unspecified no", "rejected; message_state 8 goes before stat EXPIRED"]
  ])("of TLV %s goes before stat %s, and says so", (message_state, stat, expected, why) => {
    const payload = { text: `id:1 stat:${stat} err:000`, tlvs: { message_state } }
    assert.strictEqual(brief(payload), expected)
    assert.include(meaning(payload).why, why)
  })

  it("that is said twice is told also beside a code that nobody knows", () => {
    const payload = { text: "id:1 stat:DELIVRD err:075", tlvs: { message_state: 5 } }
    assert.deepInclude(meaning(payload), { state: "failed", cause: "unexplained", code: "075" })
    assert.include(meaning(payload).why, "message_state 5 goes before stat DELIVRD")
  })

  it("of a TLV that agrees with the text leaves it to the text to say more", () => {
    assert.strictEqual(brief({ text: "stat:EXPIRED", tlvs: { message_state: 5 } }), "failed expired after")
    assert.notInclude(meaning({ text: "stat:DELIVRD", tlvs: { message_state: 2 } }).why, "goes before")
  })

  it("of a TLV outside SMPP's range is a failure, unless the text knows better", () => {
    assert.strictEqual(brief({ text: "", tlvs: { message_state: 10 } }), "failed unexplained after")
    assert.strictEqual(
      brief({ tlvs: { message_state: 200, network_error_code: "03001B" } }, { profile: "gsm-map" }),
      "failed handset_unreachable after"
    )
    assert.strictEqual(brief({ text: "stat:DELIVRD", tlvs: { message_state: 200 } }), "delivered")
  })

  it("may be a name in the TLV", () => {
    assert.strictEqual(brief({ tlvs: { message_state: "UNDELIVERABLE" } }), "failed unexplained after")
    assert.strictEqual(brief({ tlvs: { message_state: "Delivered" } }), "delivered")
    assert.strictEqual(brief({ tlvs: { message_state: "0x02" } }), "delivered")
  })

  it("is not known of a word that nobody knows, unless a code says a failure", () => {
    assert.deepInclude(meaning("id:1 stat:WHATEVR err:001"), { state: undefined, classifier: undefined, code: "001" })
    assert.strictEqual(brief("id:1 stat:WHATEVR err:001", { profile: "gsm-map" }), "failed invalid_number no")
    assert.strictEqual(brief("id:1 stat:WHATEVR err:000", { profile: "twilio-smpp" }), "unknown")
  })

  it("is never more than in progress in an intermediate notification", () => {
    for (const stat of ["ENROUTE", "UNDELIV", "EXPIRED", "DELIVRD", "WHATEVR"]) {
      // With and without the flags for a user data header and a reply path.
      for (const esm_class of [0x20, 0x60, 0xe0, "0x20"]) {
        assert.strictEqual(brief({ text: `stat:${stat} err:001`, esm_class }, { profile: "gsm-map" }), "in_progress")
      }
    }
    assert.strictEqual(brief({ text: "stat:DELIVRD", esm_class: 0x04 }), "delivered")
    assert.strictEqual(brief({ text: "stat:DELIVRD", esm_class: 0x44 }), "delivered")
    assert.include(meaning({ text: "stat:UNDELIV", esm_class: 0x20 }).why, "intermediate")
  })
})

describe("the code", () => {
  it.each([
    ["gsm-map", "001", "failed invalid_number no"],
    ["twilio-smpp", "001", "failed handset_unreachable after"],
    ["sinch-smpp", "001", "failed routing_failure no"],
    ["smpp", "001", "failed unexplained after"],
    [null, "001", "failed unexplained after"],
    ["gsm-map", "002", "failed unexplained after"],
    ["twilio-smpp", "002", "failed handset_unreachable after"],
    ["gsm-map", "005", "failed invalid_number after"],
    ["twilio-smpp", "005", "failed invalid_number no"],
    ["gsm-map", "006", "failed handset_unreachable after"],
    ["twilio-smpp", "006", "failed recipient_barred no"],
    ["gsm-map", "009", "failed recipient_barred no"],
    ["twilio-smpp", "009", "failed recipient_barred after"],
    ["gsm-map", "013", "failed recipient_barred after"],
    ["gsm-map", "014", "failed recipient_barred after"],
    ["gsm-map", "027", "failed handset_unreachable after"],
    ["sinch-smpp", "027", "failed unexplained after"],
    ["sinch-smpp", "153", "failed handset_unreachable after"],
    ["sinch-smpp", "060", "failed sender_rejected no"],
    ["sinch-smpp", "075", "failed platform_error after"],
    ["gsm-map", "258", "failed unsupported_destination after"],
    ["sinch-smpp", "256", "failed recipient_barred no"]
  ])("of %s: err %s is %s", (profile, err, expected) => {
    const text = `id:1 stat:UNDELIV err:${err}`
    assert.strictEqual(brief(text, { profile }), expected)
    assert.strictEqual(meaning(text, { profile }).code, err)
  })

  it("is read in the narrower list of Sinch where the receipt is of US 10DLC traffic", () => {
    const of = (err: string, field: string) => brief(`stat:UNDELIV err:${err}`, { profile: "sinch-smpp", field })
    assert.strictEqual(of("60", "err (US 10DLC)"), "failed sender_unregistered no")
    assert.strictEqual(of("060", "ERR (us 10dlc)"), "failed sender_unregistered no")
    assert.strictEqual(of("60", "err"), "failed sender_rejected no")
    assert.strictEqual(of("153", "err (US 10DLC)"), "failed handset_unreachable after")
  })

  it("of the TLV goes before err, in any of its forms; 0 says nothing", () => {
    const of = (network_error_code: unknown, err = "001") =>
      brief({ text: `stat:UNDELIV err:${err}`, tlvs: { message_state: 5, network_error_code } }, { profile: "gsm-map" })
    for (const sent of ["03001B", "03001b", "0x03001B", "03 00 1B", "303237", "027", "27", 27, "08001B"]) {
      assert.strictEqual(of(sent), "failed handset_unreachable after", String(sent))
    }
    for (const sent of ["030000", "303030", "000", 0, "", "0300C8"]) {
      assert.strictEqual(of(sent), "failed invalid_number no", String(sent))
    }
    assert.strictEqual(of("0300C8", "000"), "failed unexplained after")
  })

  it("that no list has is kept, and left to other classifiers", () => {
    const { classifier, code, why } = meaning("id:1 stat:UNDELIV err:21b", { profile: "gsm-map" })
    assert.deepStrictEqual([classifier, code], [undefined, "21b"])
    assert.strictEqual(why, "no classifier knows the code 21b of err of gsm-map")
    assert.strictEqual(meaning({ tlvs: { message_state: 5, network_error_code: "03001B" } }).code, "27")
  })

  it("of Clickatell is left to Clickatell's list, in the form of that list", () => {
    const of = (payload: unknown) => meaning(payload, { profile: "clickatell" })
    // https://docs.clickatell.com/archive/channels/sms-smpp-api-archived/smpp-api-standard-optional-parameters-tlvs/
    const spam = of({ text: "", tlvs: { message_state: 5, network_error_code: "03000E" } })
    assert.deepInclude(spam, { cause: "unexplained", classifier: undefined, code: "14" })
    assert.strictEqual(of("stat:UNDELIV err:013").code, "13")
    assert.strictEqual(of("stat:UNDELIV err:000").code, undefined)
    assert.strictEqual(of({ tlvs: { message_state: 8, network_error_code: "03000E" } }).cause, "refused_unspecified")
    assert.strictEqual(of("stat:EXPIRED").cause, "expired")
  })
})

describe("the answer to a submission", () => {
  it.each([
    [0, "in_progress"],
    [20, "failed rate_limited after"],
    ["0x14", "failed rate_limited after"],
    ["0x00000014", "failed rate_limited after"],
    ["00000014", "failed rate_limited after"],
    [0x58, "failed rate_limited after"],
    [0x0a, "failed sender_rejected no"],
    [0x0b, "failed invalid_number no"],
    [0x45, "failed unexplained after"],
    [0x0410, "failed unexplained after"],
    [0xffff_ffff, "failed unexplained after"]
  ])("%s is %s", (command_status, expected) => {
    assert.strictEqual(brief({ command_status }), expected)
    assert.strictEqual(brief({ COMMAND_STATUS: command_status }, { profile: null }), expected)
    assert.strictEqual(brief({ command_status }, { profile: "gsm-map" }), expected)
  })

  it("keeps the code in one form, and a vendor's own for its route", () => {
    assert.deepInclude(meaning({ command_status: 0x14 }), { code: "0x00000014", rule: "command_status 0x00000014" })
    assert.deepInclude(meaning({ command_status: 0x410 }), { code: "0x00000410", classifier: undefined })
  })

  it("is not what a receipt says that has a command_status beside its text", () => {
    assert.strictEqual(
      brief({ command_status: 0, short_message: "id:1 stat:UNDELIV err:000" }),
      "failed unexplained after"
    )
  })
})

describe("TP-Status", () => {
  it.each([
    ["0x00", "delivered"],
    ["0x03", "unconfirmed"],
    ["0x1F", "unconfirmed"],
    ["0x26", "in_progress"],
    ["0x3f", "in_progress"],
    ["0x4A", "failed unexplained no"],
    ["0x5F", "failed unexplained no"],
    ["0x66", "failed unexplained after"],
    ["0x7F", "failed unexplained after"],
    ["0x80", "failed unexplained after"],
    ["0xFF", "failed unexplained after"],
    ["0X61", "failed handset_unreachable after"]
  ])("%s is %s", (tp_status, expected) => {
    assert.strictEqual(brief({ tp_status }, { profile: "3gpp-tp-status" }), expected)
    assert.deepInclude(meaning({ TP_STATUS: tp_status }, { profile: null }), { code: tp_status, classifier: "smpp" })
  })
})

it("knows no profile of others, and every cause that it names", () => {
  assert.strictEqual(
    smpp.classify({ profile: "twilio", providerStatus: "UNDELIV", status: "failed", code: "1" }),
    undefined
  )
  for (const { cause } of smpp.rules ?? []) assert.isTrue(cause === undefined || Taxonomy.isCause(cause))
})

describe("the receipts of a message's parts", () => {
  const of = (...stats: ReadonlyArray<string>) => {
    const { decides, partlyArrived } = Multipart.together(stats.map((stat) => meaning(`id:1 stat:${stat} err:000`)))
    return [decides?.state, partlyArrived] as const
  }

  it.each([
    [["DELIVRD", "ENROUTE"], "in_progress", true],
    [["DELIVRD", "UNDELIV"], "failed", true],
    [["DELIVRD", "UNKNOWN"], "unconfirmed", true],
    [["DELIVRD", "DELIVRD"], "delivered", false]
  ] as const)("%j are %s together", (stats, state, partlyArrived) => {
    assert.deepStrictEqual(of(...stats), [state, partlyArrived])
  })
})
