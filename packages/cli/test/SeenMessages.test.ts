import { assert, it } from "@effect/vitest"
import * as LineSet from "../src/LineSet.ts"
import * as SeenMessages from "../src/SeenMessages.ts"

const rows = 20_000

it("knows every row of a long file again, however often it had to grow", () => {
  const seen = SeenMessages.make()
  const ref = (row: number, team: string) => ({ messageId: `m${row}`, labels: { team } })
  for (let row = 0; row < rows; row++) assert.strictEqual(seen(ref(row, "a"), row + 2).kind, "new")
  for (let row = 0; row < rows; row++) assert.strictEqual(seen(ref(row, "a"), 0).kind, "same")
  for (let row = 0; row < rows; row++) {
    assert.deepStrictEqual(seen(ref(row, "b"), 0), { kind: "contradiction", line: row + 2 })
  }
})

it("keeps less than 60 bytes of a row", () => {
  const seen = SeenMessages.make()
  const before = process.memoryUsage().arrayBuffers
  for (let row = 0; row < rows; row++) seen({ messageId: `m${row}`, labels: { team: "a" } }, row)
  assert.isBelow((process.memoryUsage().arrayBuffers - before) / rows, 60)
})

it("holds lines", () => {
  const lines = LineSet.make()
  const added = [1, 7, 8, 9, 1_000_000, 80_000_000]
  for (const line of added) lines.add(line)
  for (const line of added) assert.isTrue(lines.has(line), String(line))
  for (const line of [0, 2, 6, 10, 999_999, 1_000_001, 79_999_999, 5_000_000_000]) {
    assert.isFalse(lines.has(line), String(line))
  }
})
