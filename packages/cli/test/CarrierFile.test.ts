import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as CarrierFile from "../src/CarrierFile.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "dlrkit-carriers-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const read = Effect.fnUntraced(function* (content: string | Uint8Array) {
  const file = join(yield* folder, "carriers")
  writeFileSync(file, content)
  return yield* CarrierFile.read(file).pipe(
    Effect.mapError(({ message }) => message.replace(`${file}: `, "")),
    Effect.provide(NodeFileSystem.layer)
  )
})

const table = {
  "+1317555": "acme",
  "shortcode:12345": "other",
  "shortcode:ACME": "other",
  "label:campaign=spring": "x, y"
}

describe("CarrierFile", () => {
  it.live("reads CSV, with a header and without, whatever its separator and encoding", () =>
    Effect.gen(function* () {
      const rows = [
        "+1 (317) 555;acme",
        "shortcode:12345;other",
        "",
        "shortcode:ACME;other;",
        'label:campaign=spring;"x, y"'
      ]
      assert.deepStrictEqual(yield* read(["Prefix;Carrier", ...rows].join("\r\n")), table)
      assert.deepStrictEqual(yield* read(Buffer.from(`\ufeff${rows.join("\n")}`, "utf16le")), table)
      assert.deepStrictEqual(yield* read("+1317555,acme\n+1317555,acme\n"), { "+1317555": "acme" })
      assert.deepStrictEqual(yield* read("+1317555\tacme\n"), { "+1317555": "acme" })
    })
  )

  it.live("reads a JSON object", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(`\ufeff\n${JSON.stringify(table, null, 2)}`), table)
    })
  )

  it.live("refuses what it cannot use, with the line", () =>
    Effect.gen(function* () {
      const refused = (content: string) => Effect.flip(read(content))
      assert.strictEqual(yield* refused(""), "is empty")
      assert.strictEqual(yield* refused("match,carrier\n"), "has no carriers")
      assert.strictEqual(yield* refused("+1,a\n+2,\n"), 'line 2: "+2" has no carrier')
      assert.strictEqual(yield* refused("+1,a\n\n+2,b\n+1,c\n"), 'line 4: "+1" has another carrier on line 1')
      assert.strictEqual(yield* refused("+1,a,b\n"), "line 1: more than two columns")
      assert.strictEqual(yield* refused('+1,"a\n'), "line 1: a quote is opened and never closed")
      assert.strictEqual(
        yield* refused("1317555,a\n"),
        'line 1: "1317555" is neither a number nor a short code: write +1317555 or shortcode:1317555'
      )
      assert.include(yield* refused("1.3E+10,a\n"), "was rounded by a spreadsheet")
      for (const key of ["+", "+12345678901234567", "+49x", "shortcode:", "label:x", "label:=y", "sender:x"]) {
        assert.strictEqual(
          yield* refused(`+1,a\n${key},b\n`),
          `line 2: "${key}" is no key: write +1317555, shortcode:12345 or label:name=value`
        )
      }
      assert.strictEqual(yield* refused("{"), "is not valid JSON")
      assert.strictEqual(yield* refused('{\n  "+1": "a",\n  "+2": 7\n}'), 'line 3: the carrier of "+2" must be a text')
      assert.include(yield* refused('{\n  "+1": "a",\n  "x": "b"\n}'), 'line 3: "x" is no key')
      assert.strictEqual(yield* refused("+1,a\u001b[2J\n"), 'line 1: "a\\u001b[2J" is no carrier\'s name')
    })
  )

  it.live("says which file is missing, or a folder", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const message = (file: string) => Effect.map(Effect.flip(CarrierFile.read(file)), (error) => error.message)
      assert.strictEqual(yield* message(join(path, "x")), `${join(path, "x")}: no such file`)
      assert.strictEqual(yield* message(path), `${path}: is a directory`)
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )
})
