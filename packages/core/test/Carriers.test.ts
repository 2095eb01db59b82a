import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { type Carriers, resolver } from "../src/Carriers.ts"
import type { MessageRef } from "../src/Message.ts"

const resolve = (carriers: Carriers | undefined, ref: MessageRef) => {
  const { carrier, origin } = resolver(carriers)(ref)
  return [carrier, origin]
}

const table = {
  "+13175550100": "sender",
  "shortcode:12345": "short",
  "shortcode:ACME": "named",
  "+1": "one",
  "+1317": "longer",
  "+1317555": "longest",
  "label:region=west": "west",
  "label:route=a=b": "route"
}

describe("a message's carrier", () => {
  it("is the message's own before all", () => {
    const ref = { carrier: "own", from: "+13175550100", labels: { region: "west" } }
    assert.deepStrictEqual(resolve(table, ref), ["own", "message"])
    assert.deepStrictEqual(
      resolve(() => "configured", ref),
      ["own", "message"]
    )
  })

  it("is its sender's before that of its recipient, and that before its label's", () => {
    const labels = { region: "west" }
    assert.deepStrictEqual(resolve(table, { from: "+13175550100", to: "+13175559999", labels }), ["sender", "config"])
    assert.deepStrictEqual(resolve(table, { from: "+4917139200", to: "+13175559999", labels }), ["longest", "config"])
    assert.deepStrictEqual(resolve(table, { from: "+4917139200", to: "+4917139200", labels }), ["west", "config"])
  })

  it("is that of the longest beginning of the recipient's number", () => {
    for (const [to, carrier] of [
      ["+13175550123", "longest"],
      ["+13171230123", "longer"],
      ["+14165550123", "one"],
      ["+1 (317) 555-0123", "longest"]
    ] as const) {
      assert.deepStrictEqual(resolve(table, { to }), [carrier, "config"], to)
    }
  })

  it("is that of a short code or a sender's name", () => {
    assert.deepStrictEqual(resolve(table, { from: "12345" }), ["short", "config"])
    assert.deepStrictEqual(resolve(table, { from: "ACME" }), ["named", "config"])
    assert.deepStrictEqual(resolve(table, { from: "1234" }), ["unknown", "unknown"])
  })

  it("is that of a label, whose value may hold an equals sign", () => {
    assert.deepStrictEqual(resolve(table, { labels: { route: "a=b" } }), ["route", "config"])
    assert.deepStrictEqual(resolve(table, { labels: { route: "a" } }), ["unknown", "unknown"])
  })

  it("is what a function of the message says", () => {
    const carriers = (ref: MessageRef) => (ref.to === "x" ? "acme" : undefined)
    assert.deepStrictEqual(resolve(carriers, { to: "x" }), ["acme", "config"])
    assert.deepStrictEqual(resolve(carriers, { to: "y" }), ["unknown", "unknown"])
  })

  it("is unknown where nothing says it", () => {
    assert.deepStrictEqual(resolve(undefined, { from: "+1", to: "+1", labels: {} }), ["unknown", "unknown"])
    assert.deepStrictEqual(resolve({}, { messageId: "m" }), ["unknown", "unknown"])
    assert.deepStrictEqual(resolve(table, { to: "constructor", from: "__proto__" }), ["unknown", "unknown"])
  })

  it.prop(
    "by a recipient's number is what looking through the whole table finds",
    {
      table: Schema.Record(Schema.String.check(Schema.isPattern(/^\+\d{1,6}$/)), Schema.NonEmptyString),
      to: Schema.String.check(Schema.isPattern(/^\+\d{1,10}$/))
    },
    ({ table, to }) => {
      const [longest] = Object.keys(table)
        .filter((prefix) => to.startsWith(prefix))
        .sort((a, b) => b.length - a.length)
      const expected = longest === undefined ? ["unknown", "unknown"] : [table[longest], "config"]
      assert.deepStrictEqual(resolve(table, { to }), expected)
    },
    { arbitrary: { runs: 500 } }
  )
})
