import { assert, describe, it } from "@effect/vitest"
import { epochOf } from "../src/ReceiptDate.ts"
import { brief, meaning, read } from "./Receipts.ts"

const receipt = (payload: unknown, profile: string | null = "smpp") => {
  const found = read(payload, { profile })
  return typeof found === "string" ? assert.fail(found) : found.receipt
}

const noReceipt = "it is no receipt of the profile smpp"

describe("a receipt text", () => {
  it.each([
    ["id:1 stat:UNDELIV err:001 Text:Hello", "a label in another case"],
    ["ID:1 STAT:undeliv ERR:001 TEXT:Hello", "all labels in another case"],
    ["id:1 stat:UNDELIV err:001", "no text"],
    ["id:1 stat:UNDELIV err:001 Hello world", "a text without a label"],
    ["id:1 sub:0 dlvrd:28 stat:UNDELIV err:001", "sub and dlvrd of any number"],
    ["err:001 stat:UNDELIV id:1", "another order"],
    ["text:Hello world err:001 stat:UNDELIV id:1", "the text first"],
    ["id:1 text:Hello world stat:UNDELIV err:001", "the text in the middle"],
    ["  id :\t1\r\nstat :  UNDELIV\nerr\t: 001\n", "white space everywhere"],
    ["id:1 submit   date : 1601010100 done\tdate:1601010101 stat:UNDELIV err:001", "white space in a label"],
    ["\x05\x00\x03\x0b\x02\x01id:1 stat:UNDELIV err:001\x00", "raw bytes around it"],
    ["id:1 stat:UNDELIV err:001 text:\x05\x00\x03\x0b\x02\x01stat:DELIVRD", "raw bytes in the text"],
    ["id:1 stat:UNDELIV err:001 text:stat:DELIVRD err:027 id:2", "labels in the text"],
    ["text:stat:DELIVRD err:027 id:2 stat:UNDELIV err:001 id:1", "labels in a text that stands first"],
    ["id:1 stat:UNDELIV text:err:027 stat:DELIVRD err:001", "labels in a text in the middle"],
    ["id:1 stat:UNDELIV err:0001", "four digits"],
    ["id:1 stat:UNDELIV err:1", "one digit"],
    ["id:1 stat:UNDELIV err:001 stat:DELIVRD err:027", "a field twice"],
    ["id:1 sub: dlvrd: submit date: done date: stat:UNDELIV err:001 text:", "empty values"],
    ["id:1 mystat:DELIVRD stat:UNDELIV err:001 xerr:027", "other labels that end in the same letters"]
  ])("%j: %s", (text) => {
    assert.strictEqual(brief(text, { profile: "gsm-map" }), "failed invalid_number no")
    assert.strictEqual(receipt(text, "gsm-map").externalMessageId, "1")
    assert.strictEqual(brief(text, { profile: null }), "failed unexplained after")
  })

  it("whose state stands in the text alone is read there", () => {
    assert.strictEqual(brief("id:1 err:000 text: stat:DELIVRD"), "delivered")
    assert.strictEqual(brief("id:1 err:000 text:stat:DELIVRD"), "delivered")
    assert.strictEqual(brief("id:1 stat: err:000 text:stat:DELIVRD"), "delivered")
  })

  it.each([
    ["BUFFERD", "in_progress"],
    ["buffred", "in_progress"],
    ["ACKED", "in_progress"],
    ["Acked", "in_progress"],
    ["SUBMITD", "in_progress"],
    ["FAILED", "failed unexplained after"],
    ["BLIST", "failed opted_out no"],
    ["NOROUTE", "failed routing_failure after"],
    ["Delivered", "delivered"],
    ["UNDELIVERABLE", "failed unexplained after"],
    ["UNDELIVERED", "failed unexplained after"],
    ["SCHEDULED", "in_progress"],
    ["REJECTED", "failed refused_unspecified no"],
    ["constructor", "unknown"],
    ["__proto__", "unknown"]
  ])("may say %s", (stat, expected) => assert.strictEqual(brief(`id:1 stat:${stat}`), expected))

  it.each([
    ["0000000012345678"],
    ["64567564356765435676"],
    ["38601fa"],
    ["0E999F21-81EF-4974-A414-3DE98174E3C7"],
    ["SAR-2347039245475-1EEDF843-2-1"],
    ["a:b/c@d"]
  ])("keeps the id %s as it is", (id) => {
    assert.strictEqual(receipt(`id:${id} sub:001 stat:DELIVRD`).externalMessageId, id)
  })

  it("has its dates as epoch milliseconds", () => {
    const { occurredAt, sentAt } = receipt("id:1 submit date:1601010100 done date:160101010130 stat:DELIVRD")
    assert.deepStrictEqual([sentAt, occurredAt], [Date.UTC(2016, 0, 1, 1, 0), Date.UTC(2016, 0, 1, 1, 1, 30)])
    const none = receipt("id:1 submit date:1608051046 done date:0000000000 stat:FAILED")
    assert.isFalse("occurredAt" in none)
  })

  it.each([
    ["1601010100", "2016-01-01T01:00:00.000Z"],
    ["190608165232", "2019-06-08T16:52:32.000Z"],
    ["20190608165232", "2019-06-08T16:52:32.000Z"],
    ["180711070003912+", "2018-07-11T04:00:03.900Z"],
    ["180711070003912-", "2018-07-11T10:00:03.900Z"],
    ["2402292359", "2024-02-29T23:59:00.000Z"]
  ])("reads %s as %s", (text, iso) => assert.strictEqual(epochOf(text), Date.parse(iso)))

  it.each([
    "",
    "0000000000",
    "1613010100",
    "2302290000",
    "1601012500",
    "160101",
    "000000000007000R",
    "soon",
    "18071107000391٢+"
  ])("reads no date in %j", (text) => assert.isUndefined(epochOf(text)))
})

describe("a payload", () => {
  it("may hold the text in any of a PDU's fields, and the TLVs beside it", () => {
    const text = "id:7 stat:UNDELIV err:001"
    for (const payload of [
      { text },
      { Text: text },
      { short_message: text },
      { short_message: "", message_payload: text },
      { tlvs: { message_payload: text } },
      { text: "Hello", short_message: text },
      JSON.stringify({ text })
    ]) {
      assert.strictEqual(brief(payload, { profile: "gsm-map" }), "failed invalid_number no", JSON.stringify(payload))
      assert.strictEqual(receipt(payload).externalMessageId, "7")
      assert.strictEqual(receipt(payload, null).profile, "smpp")
    }
    assert.strictEqual(brief({ short_message: "", message_state: 2 }), "delivered")
    assert.strictEqual(brief({ TLVS: { Message_State: " 2 " } }, { profile: null }), "delivered")
  })

  it("gives the id of the TLV before that of the text, and the recipient where it holds it", () => {
    const payload = {
      text: "id:0059113978 stat:DELIVRD",
      tlvs: { receipted_message_id: "38601fa" },
      source_addr: "+13175550100"
    }
    assert.strictEqual(receipt(payload).externalMessageId, "38601fa")
    const found = read(payload)
    assert.strictEqual(typeof found === "string" ? found : found.recipient, "+13175550100")
  })

  it.each([
    ["Hello, how are you?"],
    [""],
    ["id:1 err:001"],
    ["id:1 sub:001 dlvrd:001 text:Hello"],
    ["stat:"],
    [{}],
    [{ text: "" }],
    [{ text: "Hello", esm_class: 0 }],
    [{ tlvs: {} }],
    [{ tlvs: { network_error_code: "03001B" } }],
    [{ tlvs: "message_state=2" }],
    [{ command_status: "soon" }],
    [{ command_status: -1 }],
    [{ command_status: 2 ** 40 }],
    [null],
    [undefined],
    [5],
    [true],
    [[{ command_status: 0 }]]
  ])("%j is no receipt", (payload) => {
    assert.strictEqual(read(payload), noReceipt)
    assert.isString(read(payload, { profile: "gsm-map" }))
    assert.isString(read(payload, { profile: "3gpp-tp-status" }))
    assert.isString(read(payload, { profile: null }))
  })

  it.each([["61"], ["0x"], ["0x100"], ["0xG1"], ["0x61 "], [97], [null]])("of TP-Status %j", (tp_status) => {
    const found = read({ tp_status }, { profile: "3gpp-tp-status" })
    assert.strictEqual(typeof found !== "string", tp_status === "0x61 ")
  })

  it("shows itself as SMPP only by its form", () => {
    for (const payload of [
      "MessageStatus=undelivered&ErrorCode=30005",
      { status: "accepted", "err-code": "7" },
      { message_state: 5, result_code: 99 },
      { error: "Invalid phone number returned upstream" },
      { error: "008" },
      "001"
    ]) {
      assert.strictEqual(read(payload, { profile: null }), "the receipt does not show whose it is: name its profile")
    }
    assert.strictEqual(read("id:1 err:001", { profile: null }), noReceipt)
  })
})

describe("junk", () => {
  const megabyte = 1_000_000
  const hostile: ReadonlyArray<string> = [
    "id:",
    "id :",
    "text:",
    "stat:A ",
    "submit ",
    "submit date",
    "stat\t",
    " ",
    "\0",
    ":",
    "0",
    "x",
    "stat:DELIVRD text:",
    "\ud800",
    "(("
  ].map((part) => part.repeat(Math.ceil(megabyte / part.length)))

  it("of a megabyte ends, whatever it repeats", () => {
    for (const text of hostile) {
      for (const payload of [`{${text}`, `stat${text}`, `stat:${text}`]) read(payload, { profile: null })
      read({ text, tlvs: { message_state: text, network_error_code: text, receipted_message_id: text } })
      read({ command_status: text, tp_status: text, esm_class: text }, { profile: "3gpp-tp-status" })
    }
    const long = receipt(`id:${"7".repeat(megabyte)} err:${"1".repeat(megabyte)} stat:UNDELIV`)
    assert.deepStrictEqual(long, { profile: "smpp", providerStatus: "UNDELIV", status: "failed" })
  })

  it("of random bytes and labels does not throw", () => {
    let state = 7
    const below = (limit: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return (state >>> 8) % limit
    }
    const parts = [
      "id:",
      "stat:",
      "err:",
      "text:",
      "done date:",
      "DELIVRD",
      "UNDELIV",
      "0x14",
      "{",
      "}",
      '"',
      ": ",
      "="
    ]
    for (let round = 0; round < 5_000; round++) {
      const text = Array.from({ length: below(12) }, () =>
        below(2) === 0 ? parts[below(parts.length)] : String.fromCharCode(below(0x300))
      ).join("")
      for (const profile of ["gsm-map", "3gpp-tp-status", null]) {
        if (typeof read(text, { profile }) !== "string") meaning(text, { profile })
        const payload = { text, tlvs: { message_state: text, network_error_code: text } }
        if (typeof read(payload, { profile }) !== "string") meaning(payload, { profile })
      }
    }
  })

  it("of objects that are not what they seem does not throw", () => {
    const cyclic: Record<string, unknown> = { text: "id:1 stat:DELIVRD" }
    cyclic.tlvs = cyclic
    assert.strictEqual(brief(cyclic), "delivered")
    const throws = {
      get text(): string {
        throw new Error("no")
      }
    }
    for (const payload of [
      throws,
      { tlvs: throws },
      { text: throws },
      new Map(),
      new Date(0),
      () => 1,
      Symbol("x"),
      1n
    ]) {
      assert.isString(read(payload, { profile: null }).toString())
      read(payload)
    }
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
      assert.strictEqual(brief({ text: `${name}:1 id:1 stat:${name}`, [name]: "x" }), "unknown")
      assert.strictEqual(brief(`stat:UNDELIV err:${name}`, { profile: "gsm-map" }), "failed unexplained after")
      assert.strictEqual(brief("stat:UNDELIV err:001", { profile: "gsm-map", field: name }), "failed invalid_number no")
    }
  })
})
