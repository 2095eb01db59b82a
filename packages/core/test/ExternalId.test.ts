import { assert, describe, it } from "@effect/vitest"
import { comparable, type SmppIds, same, sameSmpp } from "../src/ExternalId.ts"

describe("two ids", () => {
  it.each([
    ["0e999f21-81ef-4974-a414-3de98174e3c7", "E999F21-81EF-4974-A414-3DE98174E3C7"],
    ["SAR-2347039245475-1eedf843-2-1", "SAR-2347039245475-1EEDF843-2-1"],
    ["0000000012345678", "12345678"],
    [" abc\n", "ABC"],
    ["000", "0"]
  ])("%j and %j name one message", (a, b) => {
    assert.isTrue(same(a, b))
    assert.isTrue(same(b, a))
    assert.strictEqual(comparable(a), comparable(b))
  })

  it.each([
    ["1", "10"],
    ["SAR-1", "SAR-2"],
    ["a-01", "a-1"],
    ["64567564356765435676", "64567564356765435677"]
  ])("%j and %j name two", (a, b) => assert.isFalse(same(a, b)))
})

describe("the ids of an SMPP receipt", () => {
  it.each<SmppIds>([
    {},
    { text: "1" },
    // https://github.com/jookies/jasmin/issues/643
    { submit_sm_resp: "0e999f21-81ef-4974-a414-3de98174e3c7", text: "E999F21-81EF-4974-A414-3DE98174E3C7" },
    // https://github.com/jookies/jasmin/issues/418
    { submit_sm_resp: "SAR-2347039245475-1eedf843-2-1", text: "SAR-2347039245475-1EEDF843-2-1" },
    { submit_sm_resp: "38601fa", text: "0059113978" },
    { submit_sm_resp: "038601FA", text: "59113978" },
    { receipted_message_id: "38601fa", text: "0059113978" },
    { submit_sm_resp: "38601fa", receipted_message_id: "038601FA", text: "0059113978" },
    { submit_sm_resp: "0059113978", text: "59113978" },
    { submit_sm_resp: "ffffffffffffffff", text: "18446744073709551615" },
    { submit_sm_resp: "0059113978", text: "38601FA" }
  ])("%j name one message", (ids) => assert.isTrue(sameSmpp(ids)))

  it.each<SmppIds>([
    { submit_sm_resp: "38601fa", text: "0059113979" },
    { submit_sm_resp: "38601fa", receipted_message_id: "38601fb" },
    { submit_sm_resp: "38601fa", receipted_message_id: "38601fb", text: "0059113978" },
    { submit_sm_resp: "59113979", text: "38601FA" },
    // Digits alone in the text are decimal.
    { submit_sm_resp: "16", text: "10" },
    { submit_sm_resp: "a", text: "b" },
    { submit_sm_resp: "10-a", text: "16" },
    { submit_sm_resp: "10000000000000000", text: "18446744073709551616" },
    { submit_sm_resp: "1", text: "" }
  ])("%j name two", (ids) => assert.isFalse(sameSmpp(ids)))
})
