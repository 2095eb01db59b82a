import * as GenesysCodes from "@dlrkit/classifier-genesys"
import { ClassifiedReceipt } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as ReceiptLines from "../src/ReceiptLines.ts"
import * as TextLines from "../src/TextLines.ts"

const { read } = ClassifiedReceipt.make([GenesysCodes.classifier()])

/** The output for a text that comes in pieces of some length, line by line. */
const answers = (text: string, profile?: string, pieces = 7) => {
  const lines = ReceiptLines.make({ profile, read })
  const split = TextLines.make()
  const bytes = Buffer.from(text)
  let output = ""
  const take = (result: ReturnType<typeof split.end>) => {
    output += lines.take("success" in result ? result.success : [])
  }
  for (let from = 0; from < bytes.length; from += pieces) take(split.push(bytes.subarray(from, from + pieces)))
  take(split.end())
  assert.isTrue(output === "" || output.endsWith("\n"))
  const told = output
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line))
  assert.strictEqual(told.filter(({ error }) => error !== undefined).length, lines.unreadable())
  return told
}

const short = (text: string, profile?: string) =>
  answers(text, profile).map(({ cause, error, line, state }) => error ?? [state, cause, line].filter(Boolean).join(" "))

const line = (code: string, more = {}) =>
  JSON.stringify({ profile: "genesys-cloud", receipt: { extendedDeliveryStatus: code }, ...more })

describe("lines of receipts", () => {
  it("become one line each, in order, whatever the pieces, the line breaks and the white space", () => {
    const text = `\uFEFF${line("EXPIRED")}\r\n\n  ${line("DELIVERED")} \n\t\n${line("RECIPIENT_BUSY")}`
    assert.deepStrictEqual(short(text), ["failed expired", "delivered", "failed handset_unreachable"])
    for (const pieces of [1, 64, 10_000]) assert.deepStrictEqual(answers(text, undefined, pieces), answers(text))
    assert.deepStrictEqual(short(""), [])
    assert.deepStrictEqual(short("\n \n"), [])
  })

  it("that cannot be read say why at their place, and the rest goes on", () => {
    const told = answers(
      [line("EXPIRED"), "", '{"text":"our secret",', "[]", "8", line("X", { profile: "x" }), line("EXPIRED")].join("\n")
    )
    assert.deepStrictEqual(
      told.map(({ line, state }) => line ?? state),
      ["failed", 3, 4, 5, 6, "failed"]
    )
    assert.match(told[1].error, /^it is no JSON: see column \d+$/)
    assert.match(told[2].error, /^it is no object with a "receipt"; where lines are receipts.*--profile$/)
    assert.strictEqual(told[4].error, 'there is no profile "x": the profiles are genesys-cloud, genesys-messaging')
    assert.deepStrictEqual(Object.keys(told[1]), ["error", "line"])
    assert.notInclude(JSON.stringify(told), "secret")
    const [long] = answers(`{"receipt":"${"x".repeat(TextLines.maxLineLength)}"}\n`, undefined, 65_536)
    assert.deepStrictEqual(long, { error: "it is longer than 1 MiB", line: 1 })
  })

  it("may be the receipts themselves where their profile is named", () => {
    const profile = "genesys-cloud"
    assert.deepStrictEqual(
      short(
        [
          '{"extendedDeliveryStatus":"EXPIRED"}',
          "extendedDeliveryStatus=EXPIRED",
          '"extendedDeliveryStatus=EXPIRED"',
          '{"receipt":{"extendedDeliveryStatus":"EXPIRED"}}',
          '{"profile":null,"receipt":{"extendedDeliveryStatus":"EXPIRED"}}',
          '{"parts":[{"receipt":{"extendedDeliveryStatus":"EXPIRED"}}]}'
        ].join("\n"),
        profile
      ),
      Array.from({ length: 6 }, () => "failed expired")
    )
    assert.deepStrictEqual(
      short(
        [
          '{"profile":"genesys-messaging","receipt":{"status":"failed","statusDetails":"BLOCKED"}}',
          "hello",
          "[1]",
          "8",
          '{"extended'
        ].join("\n"),
        profile
      ),
      [
        "failed refused_unspecified",
        ...Array.from({ length: 3 }, () => "it is no receipt of the profile genesys-cloud"),
        "it is no JSON: see column 11"
      ]
    )
    assert.match(short('{"extendedDeliveryStatus":"EXPIRED"}')[0] ?? "", /^it is no object with a "receipt"/)
  })
})
