import { randomInt } from "node:crypto"
import { tmpdir } from "node:os"
import { assert, describe, it } from "@effect/vitest"
import * as Trial from "../seeds/Trial.ts"

/** Plays a seed, and tells its story where it does not hold. */
const holds = async (seed: string | number, changes?: Parameters<typeof Trial.of>[1]) => {
  const verdict = await Trial.of(seed, changes)
  if (verdict.story !== undefined) assert.fail(verdict.story)
  return verdict
}

describe("three days of messages, with faults at every seam", { timeout: 60_000 }, () => {
  for (const seed of [2, 5, 8, 12]) {
    it(`seed ${seed}`, async () => {
      const { events, processes } = await holds(seed)
      assert.isAbove(events, 600)
      assert.isAbove(processes, 1)
    })
  }

  const unseen = randomInt(2 ** 40)
  it(`a seed that nobody has tried: ${unseen}`, async () => {
    await holds(unseen)
  })

  it("leave the same audit trail and export behind, whatever keeps the journal, and wherever that is", async () => {
    const memory = await holds(16, { journal: "memory" })
    const sqlite = await holds(16, { journal: "SQLite" })
    assert.match(memory.digest, /^[0-9a-f]{64}$/)
    assert.strictEqual(memory.digest, sqlite.digest)
    const [folder, zone] = [process.cwd(), process.env.TZ]
    try {
      process.chdir(tmpdir())
      process.env.TZ = "Asia/Tokyo"
      assert.strictEqual((await holds(16, { journal: "memory" })).digest, memory.digest)
    } finally {
      process.chdir(folder)
      if (zone === undefined) delete process.env.TZ
      else process.env.TZ = zone
    }
  })
})
