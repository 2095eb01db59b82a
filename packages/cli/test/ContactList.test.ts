import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as ContactList from "../src/ContactList.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "dlrkit-contacts-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const stdin = (text: string) => Stdio.layerTest({ stdin: Stream.make(Buffer.from(text)) })

const read = Effect.fnUntraced(function* (text: string, options: Partial<ContactList.ContactListOptions> = {}) {
  const file = join(yield* folder, "contacts.csv")
  writeFileSync(file, text)
  return yield* ContactList.read(file, { campaignId: "g1", ...options }).pipe(
    Effect.provide(Layer.merge(NodeFileSystem.layer, stdin("")))
  )
})

/** As Genesys Cloud exports one. */
const header =
  "inin-outbound-id,First Name,Cell,Handset,team,carrier,ContactCallable,ContactableByVoice,ContactableBySms,ContactableByEmail,ZipCodeAutomaticTimeZone," +
  ["Cell", "Handset"]
    .flatMap((column) =>
      ["CallRecordLastAttempt", "CallRecordLastResult", "CallRecordLastAgentWrapup", "SmsLastAttempt", "SmsLastResult"]
        .concat(["Callable", "ContactableByVoice", "ContactableBySms", "AutomaticTimeZone"])
        .map((name) => `${name}-${column}`)
    )
    .join()

const row = (id: string, team: string, carrier = "") =>
  `${id},Ada,+13175550155,13175550156,${team},${carrier},1,1,1,1,${",OUTBOUND-MESSAGE-SENT".repeat(18)}`

const sighting = (outboundContactId: string, conversationId: string) => ({
  campaignId: "g1",
  outboundContactId,
  conversationId,
  to: "+13175550155",
  sentAt: 5
})

describe("an exported contact list", () => {
  it.live("gives each message its contact's labels and carrier, and no numbers", () =>
    Effect.gen(function* () {
      const list = yield* read(`${header}\n${row("o1", "north", "acme")}\n${row("o2", "south")}\n${row("o3", "")}\n`)
      assert.strictEqual(list.size, 3)
      assert.deepStrictEqual(list.join(sighting("o1", "v1")), {
        ...sighting("o1", "v1"),
        carrier: "acme",
        labels: { "First Name": "Ada", team: "north" }
      })
      assert.deepStrictEqual(list.join(sighting("o2", "v2")), {
        ...sighting("o2", "v2"),
        labels: { "First Name": "Ada", team: "south" }
      })
      assert.deepStrictEqual(list.summary.notices, [
        'not kept: "Cell", "Handset" (phone numbers and addresses are no labels)',
        'not kept: "ContactCallable", "ContactableByVoice", "ContactableBySms" and 20 more (the dialer\'s own)'
      ])
    })
  )

  it.live("tells who was never sent to, in the order of the list", () =>
    Effect.gen(function* () {
      const list = yield* read(`id\n${["o3", "o1", "o2"].join("\n")}\n`)
      assert.deepStrictEqual(list.notSent(), ["o3", "o1", "o2"])
      list.join(sighting("o1", "v1"))
      list.join(sighting("o1", "v2"))
      assert.deepStrictEqual(list.join(sighting("o9", "v3")), sighting("o9", "v3"))
      assert.deepStrictEqual([list.notSent(), list.unlisted()], [["o3", "o2"], 1])
    })
  )

  it.live("finds the id by each of its names, the best one first", () =>
    Effect.gen(function* () {
      for (const name of ["inin-outbound-id", "outboundContactId", "contactId", "id"]) {
        assert.deepStrictEqual((yield* read(`${name},x\no1,a\n`)).notSent(), ["o1"])
      }
      const list = yield* read("id,contactId,inin-outbound-id\n7,c1,o1\n")
      assert.deepStrictEqual(list.join(sighting("o1", "v1")).labels, { id: "7", contactId: "c1" })
    })
  )

  it.live("takes no number for a label, whatever its column is called", () =>
    Effect.gen(function* () {
      const list = yield* read(
        'id,Telefono,Mobile Phone,phone,note,n\no1,+49 (30) 123-456,123,456,"+1 more, later",12\n'
      )
      assert.deepStrictEqual(list.join(sighting("o1", "v1")).labels, { note: "+1 more, later", n: "12" })
    })
  )

  it.live("leaves ids of other things to the labels", () =>
    Effect.gen(function* () {
      const list = yield* read("inin-outbound-id,messageId,conversationId,sentAt\no1,m,v,yesterday\n")
      assert.deepStrictEqual(list.join(sighting("o1", "v1")), {
        ...sighting("o1", "v1"),
        labels: { messageId: "m", conversationId: "v", sentAt: "yesterday" }
      })
    })
  )
})

describe("a contact list that is wrong", () => {
  const refusal = (text: string) =>
    Effect.map(Effect.flip(read(text)), ({ message }) => message.slice(message.indexOf("contacts.csv: ") + 14))

  it.live("is refused whole, with the lines", () =>
    Effect.gen(function* () {
      const needed = "a contact's id: inin-outbound-id, outboundContactId, contactId or id"
      assert.strictEqual(
        yield* refusal("name,team\na,b\n"),
        `line 1: no id column: it needs ${needed}, and has "name", "team"`
      )
      assert.deepStrictEqual((yield* refusal("id,x\no1,a\n,b\no1,b\n")).split("\n  ").slice(1), [
        `line 3: no id: it needs ${needed}`,
        "line 4: contradicts line 2: same outboundContactId, other values"
      ])
    })
  )

  it.live("is refused from standard input, too, unless bad rows are skipped", () =>
    Effect.gen(function* () {
      const fromStdin = (skipBadRows: boolean) =>
        ContactList.read("-", { campaignId: "g1", skipBadRows }).pipe(
          Effect.provide(Layer.merge(NodeFileSystem.layer, stdin("id,x\no1,a\no2\n")))
        )
      const error = yield* Effect.flip(fromStdin(false))
      assert.include(error.message, "standard input: 1 bad row, so nothing is registered")
      assert.include(error.message, "line 3: too short: 1 of 2 cells")
      assert.deepStrictEqual((yield* fromStdin(true)).notSent(), ["o1"])
    })
  )
})
