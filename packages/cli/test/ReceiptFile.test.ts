import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as ConsoleTime from "../src/ConsoleTime.ts"
import * as ReceiptColumns from "../src/ReceiptColumns.ts"
import * as ReceiptFile from "../src/ReceiptFile.ts"

/** A profile whose payloads name a state; it keeps the payload as its word, so that a test can see it. */
const profileOf = (name: string): ReceiptProfile.ReceiptProfile => ({
  name,
  read: (payload, { field }) => {
    const fields = PayloadFields.of(payload)
    if (fields === undefined && typeof payload !== "string") return undefined
    if (fields?.names.has("nothing")) return undefined
    const word = typeof payload === "string" ? payload : JSON.stringify(payload)
    const to = fields?.text("to")
    return {
      receipt: { profile: name, providerStatus: field === undefined ? word : `${word} ${field}`, status: "delivered" },
      ...(to === undefined ? {} : { recipient: to })
    }
  },
  recognizes: (payload) => PayloadFields.of(payload)?.names.has(name) === true
})
const profiles = ["twilio", "smpp", "telnyx", "acme"].map(profileOf)

interface How {
  readonly name?: string
  readonly profile?: string | undefined
  readonly columns?: string
  readonly skipBadRows?: boolean
}

const optionsOf = ({ columns, profile, skipBadRows = false }: How): ReceiptFile.ReceiptFileOptions => ({
  profiles,
  profile,
  columns: profile === undefined ? undefined : Result.getOrThrow(ReceiptColumns.parse(profile, columns)),
  parseTime: ConsoleTime.makeParser(undefined, undefined),
  skipBadRows
})

const collect = (file: ReceiptFile.ReceiptFile) =>
  Effect.map(Stream.runCollect(file.batches), (batches) => Array.from(batches).flat())

/** What a file of this name is read as. */
const readFile = (contents: string | Uint8Array, how: How) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "receipts-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true }))
    )
    const path = join(folder, how.name ?? "receipts")
    writeFileSync(path, contents)
    const file = yield* ReceiptFile.open(path, optionsOf(how))
    return yield* collect(file)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const refusal = (contents: string | Uint8Array, how: How) =>
  Effect.map(Effect.flip(readFile(contents, how)), (error) =>
    error instanceof ReceiptFile.ReceiptFileError ? error.message.replace(/^.*\/receipts/, "") : String(error)
  )

const wordsOf = (readings: ReadonlyArray<ReceiptProfile.ReadReceipt | string>) =>
  readings.map((one) => (typeof one === "string" ? one : `${one.receipt.profile} ${one.receipt.providerStatus}`))

const log = (rows: ReadonlyArray<string>) =>
  [
    "From,To,Body,Status,SentDate,ApiVersion,NumSegments,ErrorCode,AccountSid,Sid,Direction,Price,PriceUnit",
    ...rows
  ].join("\r\n")

describe("lines of receipts", () => {
  it.effect("are objects around a receipt, or receipts as they came", () =>
    Effect.gen(function* () {
      const lines = [
        '{"profile":"acme","receipt":{"a":1},"field":"f"}',
        '{"receipt":"stat:DELIVRD"}',
        '{"b":2}',
        "",
        "id:1 stat:DELIVRD err:000",
        "MessageStatus=delivered&ErrorCode=",
        '"stat:QUOTED"',
        '{"profile":null,"receipt":{"c":3}}'
      ]
      assert.deepStrictEqual(wordsOf(yield* readFile(lines.join("\n"), { profile: "smpp" })), [
        'acme {"a":1} f',
        "smpp stat:DELIVRD",
        'smpp {"b":2}',
        "smpp id:1 stat:DELIVRD err:000",
        "smpp MessageStatus=delivered&ErrorCode=",
        "smpp stat:QUOTED",
        'smpp {"c":3}'
      ])
    })
  )

  it.effect("say whose they are, or show it, where nobody else says so", () =>
    Effect.gen(function* () {
      const good = ['{"receipt":{"acme":1}}', '{"profile":"TELNYX","receipt":{"a":1}}']
      assert.deepStrictEqual(wordsOf(yield* readFile(good.join("\n"), {})), ['acme {"acme":1}', 'telnyx {"a":1}'])
      const bad = [
        '{"receipt":{"a":1}}',
        '{"a":1}',
        "stat:DELIVRD",
        '{"profile":"none","receipt":{}}',
        '{"profile":7,"receipt":{}}'
      ]
      const lines = (yield* refusal(bad.join("\n"), { name: "receipts.ndjson" })).split("\n")
      assert.strictEqual(lines[0], ".ndjson: 5 rows cannot be read, and no other is there:")
      assert.match(lines[1] ?? "", /^ {2}line 1: .*name its profile/)
      assert.match(lines[2] ?? "", /^ {2}line 2: .*--profile/)
      assert.match(lines[3] ?? "", /^ {2}line 3: it is no JSON/)
      assert.match(lines[4] ?? "", /^ {2}line 4: there is no profile "none"/)
      assert.match(lines[5] ?? "", /^ {2}line 5: its profile is no text/)
    })
  )
})

describe("a console's table", () => {
  it.effect("of Twilio is known: it needs no columns, and the text of a message stays where it is", () =>
    Effect.gen(function* () {
      const [first, second, ...others] = yield* readFile(
        log([
          '+1317,+1555,"secret, with a\nline",undelivered,2026-11-20T09:05:00Z,2010,1,30005,AC1,SM1,outbound-api,-0.1,USD',
          "+1317,+1556,secret,delivered,,2010,1,,AC1,SM2,outbound-api,-0.1,USD",
          ",,,,,,,,,,,,"
        ]),
        { name: "receipts.csv", profile: "twilio" }
      )
      assert.deepStrictEqual(first, {
        receipt: {
          profile: "twilio",
          providerStatus: '{"MessageStatus":"undelivered","ErrorCode":"30005","Direction":"outbound-api"}',
          status: "delivered",
          externalMessageId: "SM1",
          occurredAt: Date.parse("2026-11-20T09:05:00Z")
        },
        recipient: "+1555"
      })
      assert.deepStrictEqual(second, {
        receipt: {
          profile: "twilio",
          providerStatus: '{"MessageStatus":"delivered","Direction":"outbound-api"}',
          status: "delivered",
          externalMessageId: "SM2"
        },
        recipient: "+1556"
      })
      assert.deepStrictEqual(others, [])
    })
  )

  it.effect("has the columns that are named, in any case and with any separator", () =>
    Effect.gen(function* () {
      for (const [profile, columns, table, expected] of [
        ["twilio", 'status="Final Status"', "SID;final_status\nSM1;sent", { MessageStatus: "sent" }],
        [
          "twilio",
          "status='S, 1',code=C",
          'sid\ts, 1\tc\nSM1\tsent\t"30003"',
          { MessageStatus: "sent", ErrorCode: "30003" }
        ],
        ["telnyx", "id=Id,status=S,code=C", "S,C,Id\nfailed,40001,1", { status: "failed", errors: { code: "40001" } }],
        ["acme", "id=Id,a.b=B,a.c=C,status=S", "B,C,S,Id\n1,2,x,1", { a: { b: "1", c: "2" }, status: "x" }]
      ] as const) {
        const [read] = yield* readFile(table, { profile, columns })
        assert.deepInclude(typeof read === "string" ? {} : JSON.parse(read?.receipt.providerStatus ?? ""), expected)
      }
      const smpp = yield* readFile("Id,S,E,To\n1,UNDELIV,001,+15", {
        profile: "smpp",
        columns: "id=Id,status=S,code=E,to=To"
      })
      assert.deepStrictEqual(wordsOf(smpp), ["smpp stat:UNDELIV err:001"])
    })
  )

  it.effect("is refused as a whole, with the first ten rows that cannot be read", () =>
    Effect.gen(function* () {
      const rows = Array.from({ length: 12 }, (_, i) => `,+15,,sent,20.11.2026 10:0${i % 10},,,,,SM${i},,,`)
      const lines = (yield* refusal(log([",,,sent,,,,,,SM,,,", ...rows, "1,2"]), { profile: "twilio" })).split("\n")
      assert.strictEqual(
        lines[0],
        ": 13 rows cannot be read, so nothing is imported (--skip-bad-rows imports the others):"
      )
      assert.match(lines[1] ?? "", /^ {2}line 3: the time "20\.11\.2026 10:00" has no time zone.*--time-zone/)
      assert.strictEqual(lines.length, 12)
      assert.strictEqual(lines[11], "  and 3 more")
      const read = yield* readFile(log([",,,sent,,,,,,SM,,,", "1,2"]), { profile: "twilio", skipBadRows: true })
      assert.strictEqual(wordsOf(read)[1], "it has 2 cells, and the table 13 columns")
    })
  )

  it.effect("that cannot be read by its columns says what it has", () =>
    Effect.gen(function* () {
      const name = "receipts.csv"
      assert.match(
        yield* refusal("a,b\n1,2", { name, profile: "twilio" }),
        /line 1: no column of the status.*it has "a", "b"/
      )
      assert.match(yield* refusal("a,b\n1,2", { name, profile: "acme", columns: "status=a" }), /carrier's id/)
      assert.match(
        yield* refusal("a,b\n1,2", { name, profile: "acme", columns: "status=a,id=Id" }),
        /there is no column "Id"/
      )
      assert.match(yield* refusal("Sid,Status\n1,2", { name }), /name it with --profile/)
      assert.match(yield* refusal("", { name, profile: "twilio" }), /holds no receipt/)
      assert.match(yield* refusal("Sid,Status\n", { name, profile: "twilio" }), /holds no receipt/)
      const bytes = Buffer.concat([Buffer.from("Sid,Status\nSM"), Buffer.from([0xff]), Buffer.from("1,sent")])
      assert.match(yield* refusal(bytes, { name, profile: "twilio" }), /save the file as UTF-8/)
    })
  )

  it("is mapped by entries that can be read", () => {
    for (const text of ["id", "id=", 'at="Date Sent', "id=a b=c,=d", ","]) {
      assert.match(String(Result.getFailure(ReceiptColumns.parse("acme", text))), /is no NAME=COLUMN/, text)
    }
  })
})

describe("standard input", () => {
  it.effect("is read row by row", () =>
    Effect.gen(function* () {
      const encoder = new TextEncoder()
      const parts = ['{"receipt":{"acme":', '1}}\nnothing\n{"receipt":{"acme":2}}'].map((text) => encoder.encode(text))
      const stdin = Stdio.layerTest({ stdin: Stream.fromIterable(parts) })
      const { readings, rows } = yield* Effect.gen(function* () {
        const file = yield* ReceiptFile.open("-", optionsOf({}))
        assert.strictEqual(file.name, "standard input")
        return { readings: yield* collect(file), rows: yield* file.badRows }
      }).pipe(Effect.provide(stdin), Effect.provide(NodeServices.layer))
      assert.strictEqual(readings.length, 3)
      assert.deepStrictEqual(rows, ["line 2: it is no JSON: each line must be one whole object"])
    })
  )
})
