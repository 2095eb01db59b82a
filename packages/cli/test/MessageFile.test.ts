import { execFileSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { stringify } from "csv-stringify/sync"
import { Effect, Layer, Result, Schema, Stdio, Stream } from "effect"
import * as MessageFile from "../src/MessageFile.ts"

const stdin = (chunks: ReadonlyArray<string | Uint8Array>) =>
  Stdio.layerTest({
    stdin: Stream.fromIterable(chunks.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk) : chunk)))
  })

const services = Layer.merge(NodeFileSystem.layer, stdin([]))

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "dlrkit-messages-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Writes a file into a folder of its own, which ends with the test. */
const fileOf = Effect.fnUntraced(function* (content: string | Uint8Array, name = "messages.csv") {
  const file = join(yield* folder, name)
  writeFileSync(file, content)
  return file
})

const drain = Effect.fnUntraced(function* (source: MessageFile.MessageSource) {
  const batches = yield* Stream.runCollect(source.batches)
  return { lines: batches.flat(), sizes: batches.map((batch) => batch.length), summary: yield* source.summary }
})

const readFile = (file: string, options?: MessageFile.MessageFileOptions) =>
  MessageFile.open(file, options).pipe(Effect.flatMap(drain), Effect.provide(services))

const read = (content: string | Uint8Array, options?: MessageFile.MessageFileOptions, name?: string) =>
  Effect.flatMap(fileOf(content, name), (file) => readFile(file, options))

const readStdin = (chunks: ReadonlyArray<string | Uint8Array>, options?: MessageFile.MessageFileOptions) =>
  MessageFile.open("-", options).pipe(
    Effect.flatMap(drain),
    Effect.provide(Layer.merge(NodeFileSystem.layer, stdin(chunks)))
  )

const chunksOf = (bytes: Uint8Array, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size))

/** The error's message without the path. */
const refusal = (content: string | Uint8Array, options?: MessageFile.MessageFileOptions, name = "messages.csv") =>
  read(content, options, name).pipe(
    Effect.flip,
    Effect.map(({ message }) => message.slice(message.indexOf(name) + name.length + 2).replaceAll("\n", " |"))
  )

const refs = ({ lines }: { readonly lines: ReadonlyArray<MessageFile.MessageLine> }) => lines.map(({ ref }) => ref)

const bigEndian = (text: string) => Buffer.from(text, "utf16le").swap16()

const mark = "\ufeff"

const encodings = {
  "UTF-8": (text: string) => Buffer.from(text),
  "UTF-8 with a mark": (text: string) => Buffer.from(mark + text),
  "UTF-16 LE with a mark": (text: string) => Buffer.from(mark + text, "utf16le"),
  "UTF-16 BE with a mark": (text: string) => bigEndian(mark + text),
  "UTF-16 LE": (text: string) => Buffer.from(text, "utf16le"),
  "UTF-16 BE": bigEndian
}

describe("what must simply work", () => {
  it.live("reads every field, and gives unknown columns back as labels in their order", () =>
    Effect.gen(function* () {
      const { lines, summary } = yield* read(
        "Message ID,external_contact_id,externalMessageId,conversationId,campaign-id,OUTBOUNDCONTACTID,carrier,Phone Number," +
          "sender,sent_at,deadlineAt,region,team\n" +
          " m1 ,c1,x1,v1,g1,o1,acme,+4930123456,12345,2026-11-20T10:00:00+01:00,2026-11-21T00:00:00.500Z,west,\n"
      )
      assert.deepStrictEqual(lines, [
        {
          line: 2,
          ref: {
            messageId: "m1",
            externalContactId: "c1",
            externalMessageId: "x1",
            conversationId: "v1",
            campaignId: "g1",
            outboundContactId: "o1",
            carrier: "acme",
            to: "+4930123456",
            from: "12345",
            sentAt: Date.UTC(2026, 10, 20, 9),
            deadlineAt: Date.UTC(2026, 10, 21, 0, 0, 0, 500),
            labels: { region: "west" }
          }
        }
      ])
      assert.deepStrictEqual(summary, {
        rows: 1,
        duplicates: 0,
        rejected: [],
        rejectedCount: 0,
        rejectedFile: undefined,
        labels: ["region"],
        notices: []
      })
    })
  )

  it.live("reads a deadline as a duration, of CSV and of NDJSON", () =>
    Effect.gen(function* () {
      const csv = yield* read("id,Deadline,sentAt\nm1,48h,2026-11-20T10:00:00Z\nm2, 1h 30m ,\nm3,,\n")
      const json = yield* read(
        '{"id":"m1","deadline":"48h","sentAt":"2026-11-20T10:00:00Z"}\n{"id":"m2","deadline":"1h30m"}\n{"id":"m3"}\n',
        {},
        "messages.ndjson"
      )
      for (const { lines } of [csv, json]) {
        assert.deepStrictEqual(
          lines.map(({ ref }) => ref),
          [
            { messageId: "m1", deadline: 172_800_000, sentAt: Date.UTC(2026, 10, 20, 10) },
            { messageId: "m2", deadline: 5_400_000 },
            { messageId: "m3" }
          ]
        )
      }
    })
  )

  for (const [encoding, encode] of Object.entries(encodings)) {
    it.live(`reads ${encoding} with each separator and line break`, () =>
      Effect.gen(function* () {
        for (const separator of [",", ";", "\t"]) {
          for (const lineBreak of ["\n", "\r\n", "\r"]) {
            const rows = [
              ["messageId", "note", "über"],
              ["m1", `"a${separator} ""b""${lineBreak}c"`, "ä 😀 漢字"],
              ["m2", "", "x,;z"].map((cell) => (cell.includes(separator) ? `"${cell}"` : cell))
            ]
            const text = rows.map((row) => row.join(separator) + lineBreak).join("")
            assert.deepStrictEqual((yield* read(encode(text))).lines, [
              {
                line: 2,
                ref: { messageId: "m1", labels: { note: `a${separator} "b"${lineBreak}c`, über: "ä 😀 漢字" } }
              },
              { line: 4, ref: { messageId: "m2", labels: { über: "x,;z" } } }
            ])
          }
        }
      })
    )
  }

  const cell = Schema.Array(
    Schema.Literals(["a", '"', '""', ",", ";", "\t", "\n", "\r\n", "\r", " ", "=", "'", "{", "é", "\u2028", "😀", "漢"])
  )
  const table = Schema.Struct({
    rows: Schema.NonEmptyArray(Schema.Array(cell)),
    columns: Schema.Literals([1, 2, 3, 5]),
    separator: Schema.Literals([",", ";", "\t"]),
    encoding: Schema.Literals(Object.keys(encodings) as Array<keyof typeof encodings>),
    lineBreak: Schema.Literals(["\n", "\r\n", "\r"]),
    chunk: Schema.Literals([1, 2, 3, 7, 64]),
    quoted: Schema.Boolean
  })
  it.live.prop("reads back any table that csv-stringify writes", { table }, ({ table }) =>
    Effect.gen(function* () {
      const names = Array.from({ length: table.columns }, (_, index) => `label ${index}, "x";\ty`)
      const cells = table.rows.map((row) => names.map((_, index) => (row[index] ?? []).join("")))
      const text = stringify([["messageId", ...names], ...cells.map((row, index) => [`m${index}`, ...row])], {
        delimiter: table.separator,
        record_delimiter: table.lineBreak,
        quoted: table.quoted,
        quoted_match: /[\r\n]/
      })
      const bytes = encodings[table.encoding](text)
      const found = yield* read(bytes)
      assert.deepStrictEqual((yield* readStdin(chunksOf(bytes, table.chunk))).lines, found.lines)
      const expected = cells.map((row, index) => {
        const labels = row.flatMap((cell, column) => (cell.trim() === "" ? [] : [[names[column]!, cell] as const]))
        return { messageId: `m${index}`, ...(labels.length > 0 ? { labels: Object.fromEntries(labels) } : {}) }
      })
      assert.deepStrictEqual(refs(found), expected)
      const physical = text.split(/\r\n|\r|\n/)
      for (const [index, { line }] of found.lines.entries()) {
        assert.match(physical[line - 1]!, new RegExp(`^"?m${index}"?(${table.separator}|$)`))
      }
    })
  )

  it.live("reads NDJSON, its labels and its unknown keys", () =>
    Effect.gen(function* () {
      const text = [
        '{"message_id":"m1","sentAt":"2026-11-20T10:00:00Z","labels":{"team":"a","n":1,"no":null},"vip":true,"x":null}',
        "",
        '{"campaignId":"g","outboundContactId":"o","message":"secret text","labels":{"body":"secret text"}}'
      ].join("\r\n")
      const { lines, summary } = yield* read(text, {}, "messages.ndjson")
      assert.deepStrictEqual(lines, [
        {
          line: 1,
          ref: { messageId: "m1", sentAt: Date.UTC(2026, 10, 20, 10), labels: { team: "a", n: "1", vip: "true" } }
        },
        { line: 3, ref: { campaignId: "g", outboundContactId: "o" } }
      ])
      assert.deepStrictEqual(summary.labels, ["team", "n", "vip"])
      assert.deepStrictEqual(summary.notices, ['the column "message" is not kept: dlrkit stores no text of messages'])
    })
  )

  it.live("tells NDJSON from CSV where the name does not say", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(refs(yield* read('\n {"id":"m1"}\n', {}, "messages.data")), [{ messageId: "m1" }])
      assert.deepStrictEqual(refs(yield* read("id\nm1\n", {}, "messages.data")), [{ messageId: "m1" }])
    })
  )

  it.live("gives repeated rows once, and counts them", () =>
    Effect.gen(function* () {
      const { lines, summary } = yield* read("id,x,text\nm1,a,one\nm2,b,\nm1,a,another\nm1,a,\n")
      assert.deepStrictEqual(
        lines.map(({ line }) => line),
        [2, 3]
      )
      assert.deepStrictEqual([summary.rows, summary.duplicates], [2, 2])
      const ndjson = '{"id":"m1","a":"1","labels":{"b":"2"}}\n{"labels":{"b":2},"a":"1","id":"m1"}\n'
      assert.strictEqual((yield* read(ndjson, {}, "x.jsonl")).summary.duplicates, 1)
    })
  )

  it.live("knows repeated rows by conversation, and by campaign and contact, too", () =>
    Effect.gen(function* () {
      const conversations = yield* read("conversationId,to\nv1,+1\nv2,+1\nv1,+1\n")
      assert.deepStrictEqual([conversations.summary.rows, conversations.summary.duplicates], [2, 1])
      const contacts = yield* read("campaignId,outboundContactId,x\ng1,o1,a\ng1,o2,a\ng2,o1,a\ng1,o1,a\n")
      assert.deepStrictEqual([contacts.summary.rows, contacts.summary.duplicates], [3, 1])
    })
  )

  it.live("messages of one conversation are not repeated rows", () =>
    Effect.gen(function* () {
      const { summary } = yield* read("messageId,conversationId\nm1,v1\nm2,v1\n,v1\n")
      assert.deepStrictEqual([summary.rows, summary.duplicates], [3, 0])
    })
  )

  it.live("drops the text of messages, and says so", () =>
    Effect.gen(function* () {
      const names = ["text", "Body", "text_body", "messageText", "message body", "message", "Content", "SMS"]
      const { lines, summary } = yield* read(`id,${names.join()},note\nm1${",secret".repeat(names.length)},n\n`)
      assert.deepStrictEqual(lines, [{ line: 2, ref: { messageId: "m1", labels: { note: "n" } } }])
      assert.deepStrictEqual(summary.labels, ["note"])
      assert.strictEqual(summary.notices.length, names.length)
      assert.include(summary.notices[2], '"text_body"')
    })
  )

  it.live("keeps a second id column as a label, and drops a second phone number", () =>
    Effect.gen(function* () {
      const { lines, summary } = yield* read("id,messageId,phone,to\n7,m1,+111,+222\n")
      assert.deepStrictEqual(lines, [{ line: 2, ref: { messageId: "m1", to: "+222", labels: { id: "7" } } }])
      assert.deepStrictEqual(summary.notices, ['the column "phone" is not kept: "to" gives the to number already'])
    })
  )

  it.live("names columns without a name, and names that occur twice", () =>
    Effect.gen(function* () {
      const { lines, summary } = yield* read("id,note,,note,\nm1,a,b,c,\n,,,,\n")
      assert.deepStrictEqual(lines, [
        { line: 2, ref: { messageId: "m1", labels: { note: "a", "column 3": "b", "note (2)": "c" } } }
      ])
      assert.deepStrictEqual(summary.labels, ["note", "column 3", "note (2)"])
    })
  )

  it.live("takes __proto__ and its like for labels", () =>
    Effect.gen(function* () {
      const names = ["__proto__", "constructor", "toString", "hasOwnProperty"]
      const csv = refs(yield* read(`id,${names.join()}\nm1,a,b,c,d\n`))
      const ndjson = refs(
        yield* read(
          `{"id":"m1","labels":{"__proto__":"a"},"constructor":"b","toString":"c","hasOwnProperty":"d"}`,
          {},
          "x.ndjson"
        )
      )
      for (const [ref] of [csv, ndjson]) {
        assert.deepStrictEqual(
          Object.entries(ref!.labels!),
          names.map((name, index) => [name, "abcd"[index]!])
        )
      }
      assert.strictEqual(({} as { readonly a?: unknown }).a, undefined)
      const polluting = yield* refusal('{"id":"m1","__proto__":{"a":1}}', {}, "x.ndjson")
      assert.include(polluting, 'line 1: "__proto__" is nested')
    })
  )

  it.live("obeys Excel's sep= line", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* read("sep=;\r\nid;a,b\r\nm1;x\r\n")).lines, [
        { line: 3, ref: { messageId: "m1", labels: { "a,b": "x" } } }
      ])
    })
  )

  it.live("takes the separator that gives known columns, not the most frequent character", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(refs(yield* read("message id;notes, remarks, other\nm1;x\n")), [
        { messageId: "m1", labels: { "notes, remarks, other": "x" } }
      ])
    })
  )

  it.live("gives a long file in batches of at most 500", () =>
    Effect.gen(function* () {
      const rows = Array.from({ length: 20_001 }, (_, index) => `m${index},"a, ""${"x".repeat(20)}"""\n`)
      const { lines, sizes } = yield* read(`id,note\n${rows.join("")}`)
      assert.strictEqual(lines.length, 20_001)
      assert.deepStrictEqual(lines.at(-1), {
        line: 20_002,
        ref: { messageId: "m20000", labels: { note: `a, "${"x".repeat(20)}"` } }
      })
      assert.deepStrictEqual([...new Set(sizes)], [500, 1])
    })
  )
})

describe("times", () => {
  const sentAt = (text: string, timeZone?: string) =>
    Effect.map(read(`id;sentAt\nm1;${text}\n`, { timeZone }), (found) =>
      new Date(refs(found)[0]!.sentAt!).toISOString()
    )
  const problem = (text: string, timeZone?: string) =>
    Effect.map(refusal(`id;sentAt\nm1;${text}\n`, { timeZone }), (message) => message.slice(message.indexOf("|")))

  it.live("reads ISO 8601 with a zone", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* sentAt("2026-11-20T10:00:00Z"), "2026-11-20T10:00:00.000Z")
      assert.strictEqual(yield* sentAt("2026-11-20 10:00:00.1239 UTC"), "2026-11-20T10:00:00.123Z")
      assert.strictEqual(yield* sentAt("2026-11-20t10:00+0530"), "2026-11-20T04:30:00.000Z")
      assert.strictEqual(yield* sentAt("2028-02-29T23:59:59,5-08"), "2028-03-01T07:59:59.500Z")
      assert.strictEqual(yield* sentAt("2026-11-20T10:00:00Z", "Europe/Berlin"), "2026-11-20T10:00:00.000Z")
    })
  )

  it.live("reads local times in the zone that is given", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* sentAt("2026-11-20T10:00:00", "Europe/Berlin"), "2026-11-20T09:00:00.000Z")
      assert.strictEqual(yield* sentAt("2026-07-20 10:00", "Europe/Berlin"), "2026-07-20T08:00:00.000Z")
      assert.strictEqual(yield* sentAt("2026-07-20 10:07:03.250", "-03:30"), "2026-07-20T13:37:03.250Z")
      // The hour that occurs twice, and the quarters beside it.
      assert.strictEqual(yield* sentAt("2026-10-25T02:30:00", "Europe/Berlin"), "2026-10-25T00:30:00.000Z")
      assert.strictEqual(yield* sentAt("2026-10-25T03:00:00", "Europe/Berlin"), "2026-10-25T02:00:00.000Z")
      assert.strictEqual(yield* sentAt("2026-03-29T01:59:59", "Europe/Berlin"), "2026-03-29T00:59:59.000Z")
      assert.strictEqual(yield* sentAt("2026-03-29T03:00:00", "Europe/Berlin"), "2026-03-29T01:00:00.000Z")
      assert.include(yield* problem("2026-03-29T02:30:00", "Europe/Berlin"), "does not exist in Europe/Berlin")
    })
  )

  it.live("refuses a time without a zone, and what is none", () =>
    Effect.gen(function* () {
      assert.include(yield* problem("2026-11-20T10:00:00"), 'line 2: "sentAt" "2026-11-20T10:00:00" has no time zone')
      for (const text of [
        "2026-02-30T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2027-02-29T10:00:00Z",
        "2026-11-20T24:00:00Z"
      ]) {
        assert.include(yield* problem(text), "does not exist in the calendar")
      }
      for (const text of [
        "yesterday",
        "2026-11-20",
        "1764064800000",
        "20/11/2026 10:00",
        "Fri, 20 Nov 2026 10:00:00 GMT"
      ]) {
        assert.include(yield* problem(text, "UTC"), "is no date with a time")
      }
      assert.include(yield* problem("2026-11-20T10:00:00+25:00"), "has an offset that no time zone has")
      assert.include(yield* problem("0001-01-01T00:00:00Z"), "is before 1970")
    })
  )

  it.live("refuses a zone that there is not", () =>
    Effect.gen(function* () {
      for (const timeZone of ["Mars/Base", "+99:00", ""]) {
        const error = yield* Effect.flip(read("id\nm1\n", { timeZone }))
        assert.strictEqual(error.reason, "BadTimeZone")
        assert.include(error.message, "Europe/Berlin")
      }
    })
  )
})

describe("what is refused", () => {
  it.live("a file that is missing, a folder, not to be read", () =>
    Effect.gen(function* () {
      const path = yield* folder
      assert.strictEqual(
        (yield* Effect.flip(readFile(join(path, "x.csv")))).message,
        `${join(path, "x.csv")}: no such file`
      )
      assert.strictEqual((yield* Effect.flip(readFile(path))).message, `${path}: is a directory`)
    })
  )

  it.live("an empty file, and a header alone", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* refusal(""), "is empty")
      assert.strictEqual(yield* refusal(`${mark}\r\n \r\n`), "is empty")
      assert.strictEqual(yield* refusal("", {}, "x.ndjson"), "is empty")
      assert.strictEqual(yield* refusal("messageId,to\n\n,\n"), "has a header, but no rows")
    })
  )

  it.live("a header without an id, or with two of a kind", () =>
    Effect.gen(function* () {
      const needed = "messageId, or conversationId, or campaignId with outboundContactId"
      assert.strictEqual(
        yield* refusal("\ncampaignId,to\ng1,+1\n"),
        `line 2: no id column: it needs ${needed}, and has "campaignId", "to"`
      )
      assert.include(
        yield* refusal("id,message_id,Message ID\n1,2,3\n"),
        '"message_id" and "Message ID" both name the messageId'
      )
      assert.include(yield* refusal('id,"to\nm1,2\n'), "line 1: a quote is opened and never closed")
      assert.include(yield* refusal(`id${",x".repeat(1000)}\n`), "line 1: more than 1000 columns")
    })
  )

  it.live("accepts the other ids", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* read("conversation id\nv1\n")).summary.rows, 1)
      assert.strictEqual((yield* read("campaignId,outboundContactId\ng1,o1\ng1,o2\n")).summary.rows, 2)
    })
  )

  it.live("deadlines that are none, or two", () =>
    Effect.gen(function* () {
      const moment = "2026-11-20T10:00:00Z"
      const rows = ["soon,", "48,", "0h,", `${moment},`, `2h,${moment}`].map((cells, at) => `m${at},${cells}\n`)
      const [, ...lines] = (yield* refusal(`id,deadline,deadlineAt\n${rows.join("")}`)).split(" |  ")
      const how = "write a number and one of ms, s, m, h, d, w, like 90s, 15m, 72h, 3d or 1h30m"
      assert.deepStrictEqual(lines, [
        `line 2: "deadline" "soon" is no duration: ${how}`,
        `line 3: "deadline" "48" is no duration: ${how}`,
        'line 4: "deadline" "0h" is no duration: write more than no time at all, like 90s',
        `line 5: "deadline" "${moment}" is no duration: ${how}`,
        "line 6: both a deadline and a deadlineAt: keep one"
      ])
      assert.include(
        yield* Effect.map(
          Effect.flip(read('{"id":"m1","deadline":48}\n', {}, "messages.ndjson")),
          ({ message }) => message
        ),
        'line 1: "deadline" must be a text in quotes, like 48h'
      )
    })
  )

  it.live("rows, each with the line that it begins on and its reason", () =>
    Effect.gen(function* () {
      const text = [
        "id,externalContactId,note",
        'm1,c1,"two\r\nlines"',
        "m2,c2",
        "m3,c3,x,y",
        "",
        "1.23E+15,c4,",
        "m5,1.23457E+14,",
        ",c6,x",
        "m1,c1,other",
        "m\u200b7,c7,",
        "m8,c8,\u0000",
        "m9,a\tb,"
      ].join("\r\n")
      const error = yield* Effect.flip(read(text))
      assert.strictEqual(error.reason, "BadRows")
      const [head, ...lines] = error.message.split("\n  ")
      assert.include(head, "messages.csv: 9 bad rows, so nothing is registered (--skip-bad-rows tracks the others):")
      const rounded = "was rounded by a spreadsheet: make the column text there and export it again"
      assert.deepStrictEqual(lines, [
        "line 4: too short: 2 of 3 cells",
        "line 5: too long: 4 cells, and 3 columns",
        `line 7: "id" "1.23E+15" ${rounded}`,
        `line 8: "externalContactId" "1.23457E+14" ${rounded}`,
        "line 9: no id: it needs messageId, or conversationId, or campaignId with outboundContactId",
        "line 10: contradicts line 2: same messageId, other values",
        'line 11: "id" holds a line break, a tab or an invisible character',
        'line 12: "note" holds a NUL byte: this is not a text file, or a damaged one',
        'line 13: "externalContactId" holds a line break, a tab or an invisible character'
      ])
    })
  )

  it.live("contradictions by the ids that the rows share", () =>
    Effect.gen(function* () {
      assert.include(
        yield* refusal("conversationId,to\nv1,+1\nv1,+2\n"),
        "line 3: contradicts line 2: same conversationId, other values"
      )
      assert.include(
        yield* refusal("campaignId,outboundContactId,x\ng1,o1,a\ng1,o1,b\n"),
        "line 3: contradicts line 2: same campaignId and outboundContactId, other values"
      )
    })
  )

  it.live("half of a campaign's contact", () =>
    Effect.gen(function* () {
      assert.include(
        yield* refusal("campaignId,outboundContactId,conversationId\ng1,,\n,o1,\ng1,o1,\n,,v1\n"),
        "2 bad rows, so nothing is registered (--skip-bad-rows tracks the others): |  line 2: no id: it needs messageId, or conversationId, or campaignId with outboundContactId |  line 3: no id"
      )
    })
  )

  it.live("rounded numbers in every column that must be exact, and no id that only looks like one", () =>
    Effect.gen(function* () {
      for (const name of ["conversationId", "externalMessageId", "campaignId", "outboundContactId", "to", "from"]) {
        assert.include(yield* refusal(`id;${name}\nm1;1,23E+15\n`), "line 2: ")
      }
      assert.notInclude(yield* refusal("id,to\nm1,4.930123456E+10\n"), "4.93")
      assert.deepStrictEqual(refs(yield* read("id\n12e5\n1e10\n")), [{ messageId: "12e5" }, { messageId: "1e10" }])
    })
  )

  it.live("the first ten bad rows, and how many more", () =>
    Effect.gen(function* () {
      const text = `id,x\nm0,\n${"m\n".repeat(25)}`
      const message = (yield* Effect.flip(read(text))).message.split("\n  ")
      assert.strictEqual(message.length, 12)
      assert.include(message[0], "25 bad rows")
      assert.strictEqual(message[10], "line 12: too short: 1 of 2 cells")
      assert.strictEqual(message[11], "and 15 more")
    })
  )

  it.live("what the caller refuses", () =>
    Effect.gen(function* () {
      const refuse = (ref: { readonly externalContactId?: string }) =>
        ref.externalContactId === undefined ? "no externalContactId" : undefined
      assert.include(yield* refusal("id,contactId\nm1,c1\nm2,\n", { refuse }), "line 3: no externalContactId")
    })
  )

  it.live("broken quotes, without losing the rows below them", () =>
    Effect.gen(function* () {
      const text = [
        "id,note,x",
        'm1,"never closed,1',
        "m2,fine,2",
        'm3,a 5" pipe,3',
        'm4,"a" b,4',
        'm5,"two',
        'lines",5',
        'm6,"never closed either,6',
        "m7,fine,7"
      ].join("\n")
      const { lines, summary } = yield* read(text, { skipBadRows: true })
      assert.deepStrictEqual(
        lines.map(({ line, ref }) => [line, ref.messageId]),
        [
          [3, "m2"],
          [6, "m5"],
          [9, "m7"]
        ]
      )
      assert.deepStrictEqual(
        summary.rejected.map(({ line, reason }) => [line, reason.slice(0, 30)]),
        [
          [2, "a closing quote is followed by"],
          [4, "a quote stands inside a cell t"],
          [5, "a closing quote is followed by"],
          [8, "a quote is opened and never cl"]
        ]
      )
    })
  )

  it.live("bytes that are no UTF-8, and files that are no text", () =>
    Effect.gen(function* () {
      const latin1 = Buffer.from("id,name\nm1,M\u00fcller\n", "latin1")
      assert.include(yield* refusal(latin1), 'line 2: "name" holds bytes that are not UTF-8')
      assert.include(
        yield* refusal(Buffer.from("id,gr\u00f6\u00dfe\nm1,1\n", "latin1")),
        "line 1: the name of a column holds"
      )
      assert.deepStrictEqual(refs(yield* read(Buffer.from("id,text\nm1,\u00fc\n", "latin1"))), [{ messageId: "m1" }])
      assert.include(yield* refusal(Buffer.concat([Buffer.from("PK\u0003\u0004"), latin1])), "it is an Excel workbook")
      assert.include(yield* refusal(Buffer.from([0x1f, 0x8b, 8, 0])), "it is a gzip archive")
      assert.include(yield* refusal(Buffer.from("a\0\0b\n\0\n")), "holds a NUL byte")
    })
  )

  it.live("lines and rows longer than 1 MiB, without holding them", () =>
    Effect.gen(function* () {
      const long = "x".repeat(1_100_000)
      const text = `id,note\nm1,${long}\nm2,fine\nm3,"${"xxxxxxxxx\n".repeat(120_000)}",\nm4,fine\n`
      const { lines, summary } = yield* read(text, { skipBadRows: true })
      assert.deepStrictEqual(
        lines.map(({ line, ref }) => [line, ref.messageId]),
        [
          [3, "m2"],
          [120_005, "m4"]
        ]
      )
      assert.deepStrictEqual(summary.rejected.slice(0, 3), [
        { line: 2, reason: "longer than 1 MiB" },
        { line: 4, reason: "a quote is opened and never closed" },
        { line: 5, reason: "too short: 1 of 2 cells" }
      ])
      assert.strictEqual(yield* refusal(long.repeat(3)), "line 1: longer than 1 MiB")
      assert.include(yield* refusal(`{"id":"${long}"}\n`, {}, "x.ndjson"), "line 1: longer than 1 MiB")
    })
  )

  it.live("NDJSON lines that are no messages", () =>
    Effect.gen(function* () {
      const lines = [
        '{"id":"m1"}',
        "[1]",
        "{",
        "null",
        '{"id":7}',
        '{"id":"m6","sentAt":1764064800000}',
        '{"id":"m7","labels":["a"]}',
        '{"id":"m8","labels":{"a":{"b":1}}}',
        '{"id":"m9","tags":["a"]}',
        '{"id":"m10","a":"1","labels":{"a":"2"}}',
        '{"to":"+1"}'
      ]
      const message = (yield* Effect.flip(read(lines.join("\n"), {}, "x.ndjson"))).message.split("\n  ")
      const noObject = "not a JSON object: each line must be one, and there must be no list around them"
      assert.deepStrictEqual(message.slice(1), [
        `line 2: ${noObject}`,
        "line 3: not valid JSON: each line must be one whole object",
        `line 4: ${noObject}`,
        'line 5: "id" must be a text in quotes',
        'line 6: "sentAt" must be a text in quotes, like 2026-11-20T10:00:00Z',
        'line 7: "labels" must be an object of labels',
        'line 8: "a" is nested: a label is a text, a number, true or false',
        'line 9: "tags" is nested: a label is a text, a number, true or false',
        'line 10: the label "a" is given twice',
        "line 11: no id: it needs messageId, or conversationId, or campaignId with outboundContactId"
      ])
    })
  )

  it.live("shows nothing that a terminal obeys", () =>
    Effect.gen(function* () {
      const message = yield* refusal(`id,sentAt\nm1,\u001b[2J\u202e${"x".repeat(500)}\n`)
      assert.notMatch(message, /\p{C}/u)
      assert.isBelow(message.length, 400)
    })
  )
})

describe("--skip-bad-rows", () => {
  it.live("tracks the good rows, and writes the bad ones beside the file", () =>
    Effect.gen(function* () {
      const file = yield* fileOf('id;to;note\nm1;+4930123456;"a;b"\nm2;+4930;b\nm2;+4930;"=HYPERLINK(""x"")"\nm4\n')
      writeFileSync(`${file}.rejected.csv`, "left by an earlier run")
      chmodSync(`${file}.rejected.csv`, 0o644)
      const { lines, summary } = yield* readFile(file, { skipBadRows: true })
      assert.deepStrictEqual(
        lines.map(({ line }) => line),
        [2, 3]
      )
      assert.deepStrictEqual(
        [summary.rows, summary.rejectedCount, summary.rejectedFile],
        [2, 2, `${file}.rejected.csv`]
      )
      assert.strictEqual(
        readFileSync(`${file}.rejected.csv`, "utf8"),
        [
          "id;to;note;line;reason",
          'm2;+4930;"\'=HYPERLINK(""x"")";4;contradicts line 3: same messageId, other values',
          "m4;;;5;too short: 1 of 3 cells",
          ""
        ].join("\n")
      )
      assert.strictEqual(statSync(`${file}.rejected.csv`).mode & 0o777, 0o600)
    })
  )

  it.live("removes the file of an earlier run where nothing is bad any more", () =>
    Effect.gen(function* () {
      const file = yield* fileOf("id\nm1\n")
      writeFileSync(`${file}.rejected.csv`, "left by an earlier run")
      assert.strictEqual((yield* readFile(file, { skipBadRows: true })).summary.rejectedFile, undefined)
      assert.throws(() => statSync(`${file}.rejected.csv`), /ENOENT/)
    })
  )

  it.live("writes bad lines of NDJSON as they are", () =>
    Effect.gen(function* () {
      const file = yield* fileOf('{"id":"m1"}\n{"id":2}\n', "x.ndjson")
      yield* readFile(file, { skipBadRows: true })
      assert.strictEqual(
        readFileSync(`${file}.rejected.csv`, "utf8"),
        'row,line,reason\n"{""id"":2}",2,"""id"" must be a text in quotes"\n'
      )
    })
  )

  it.live("fails where no row is good, and where the rejected rows cannot be written", () =>
    Effect.gen(function* () {
      assert.include(
        yield* refusal("id,x\nm1\n", { skipBadRows: true }),
        "1 bad row, and no good one: |  line 2: too short"
      )
      const file = yield* fileOf("id,x\nm1\nm2,\n")
      mkdirSync(`${file}.rejected.csv`)
      const error = yield* Effect.flip(readFile(file, { skipBadRows: true }))
      assert.strictEqual(error.reason, "NotWritable")
      assert.isTrue(error.message.startsWith(`${file}.rejected.csv: `))
    })
  )
})

describe("a file that changes", () => {
  it.live("is not read a second time", () =>
    Effect.gen(function* () {
      const file = yield* fileOf("id\nm1\n")
      const source = yield* Effect.provide(MessageFile.open(file), services)
      writeFileSync(file, "id\nm1\nm2\n")
      const error = yield* Effect.flip(drain(source))
      assert.strictEqual(error.reason, "Changed")
      assert.include(error.message, "changed while it was read")
    })
  )

  it.live("fails also where only its time is new", () =>
    Effect.gen(function* () {
      const file = yield* fileOf("id\nm1\n")
      const source = yield* Effect.provide(MessageFile.open(file), services)
      utimesSync(file, 1, 1)
      assert.strictEqual((yield* Effect.flip(drain(source))).reason, "Changed")
    })
  )
})

describe("standard input", () => {
  it.live("is row by row: bad rows are counted, and the others go on", () =>
    Effect.gen(function* () {
      const { lines, summary } = yield* readStdin(["i", "d,x\r", "\nm1,a\r\n", "m2\r\nm3,", "b\nm1,a\n", "m1,z"])
      assert.deepStrictEqual(lines, [
        { line: 2, ref: { messageId: "m1", labels: { x: "a" } } },
        { line: 4, ref: { messageId: "m3", labels: { x: "b" } } }
      ])
      assert.deepStrictEqual([summary.rows, summary.duplicates, summary.rejectedCount], [2, 1, 2])
      assert.deepStrictEqual(summary.rejected, [
        { line: 3, reason: "too short: 1 of 2 cells" },
        { line: 6, reason: "contradicts line 2: same messageId, other values" }
      ])
    })
  )

  it.live("gives a row out before the next one is there", () =>
    Effect.gen(function* () {
      const first = MessageFile.open("-").pipe(
        Effect.flatMap((source) => Stream.runHead(source.batches)),
        Effect.provide(NodeFileSystem.layer),
        Effect.provide(
          Stdio.layerTest({ stdin: Stream.concat(Stream.make(Buffer.from('{"id":"m1"}\n')), Stream.never) })
        )
      )
      assert.deepStrictEqual((yield* Effect.fromOption(yield* first))[0]?.ref, { messageId: "m1" })
    })
  )

  it.live("is refused where it is empty, has no id column or no good row", () =>
    Effect.gen(function* () {
      const message = (chunks: ReadonlyArray<string>) =>
        Effect.map(Effect.flip(readStdin(chunks)), (error) => error.message)
      assert.strictEqual(yield* message([]), "standard input: is empty")
      assert.include(yield* message(["a,b\n", "1,2\n"]), "standard input: line 1: no id column")
      assert.include(yield* message(["id,b\n", "1\n"]), "standard input: 1 bad row, and no good one")
    })
  )

  it.live("a named pipe is read like it", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "pipe")
      execFileSync("mkfifo", [file])
      const written = writeFile(file, "id,x\nm1,a\nm2\n")
      const { lines, summary } = yield* readFile(file)
      yield* Effect.promise(() => written)
      assert.deepStrictEqual([lines.length, summary.rejectedCount], [1, 1])
    })
  )
})

describe("nothing crashes it", () => {
  const pieces = [
    "id",
    ",",
    ";",
    '"',
    "\n",
    "\r",
    "\0",
    "m",
    "{",
    "}",
    ":",
    "\\",
    "\ufeff",
    "sep=",
    "[",
    "1.2E+15",
    "é"
  ]
  it.live.prop("neither a defect nor a row that is both", { text: Schema.Array(Schema.Literals(pieces)) }, ({ text }) =>
    Effect.gen(function* () {
      for (const name of ["x.csv", "x.ndjson", "x"]) {
        const found = yield* Effect.result(read(text.join(""), { skipBadRows: true }, name))
        if (Result.isFailure(found)) assert.instanceOf(found.failure, MessageFile.MessageFileError)
        else assert.strictEqual(found.success.lines.length, found.success.summary.rows)
      }
    })
  )
})
