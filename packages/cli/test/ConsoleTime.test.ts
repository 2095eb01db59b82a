import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as ConsoleTime from "../src/ConsoleTime.ts"
import * as Instant from "../src/Instant.ts"

const berlin = Result.getOrThrow(Instant.parseTimeZone("Europe/Berlin"))

/** What is read, as ISO 8601; or why it is not. */
const read = (text: string, order?: ConsoleTime.DayOrder, zone: typeof berlin | undefined = berlin) => {
  const result = ConsoleTime.makeParser(zone, order)(text)
  return Result.isSuccess(result) ? new Date(result.success).toISOString() : result.failure
}

const winter = "2026-11-20T09:05:00.000Z"

describe("a console's time", () => {
  it.each([
    ["2026-11-20T09:05:00Z", winter],
    ["2026-11-20 09:05:00 UTC", winter],
    ["2026-11-20T10:05:00", winter],
    ["2026/11/20 10:05", winter],
    ["20.11.2026 10:05", winter],
    ["20.11.2026, 10:05:00", winter],
    ["20/11/2026 10:05", winter],
    ["11/20/2026 10:05 AM", winter],
    ["11-20-2026 10:05:00 a.m.", winter],
    ["11/20/2026 04:05 -05:00", winter],
    ["Fri, 20 Nov 2026 09:05:00 +0000", winter],
    ["20 Nov 2026 10:05 +0100", winter],
    ["11/20/2026 12:30 PM", "2026-11-20T11:30:00.000Z"],
    ["11/20/2026 12:30 AM", "2026-11-19T23:30:00.000Z"],
    // In summer another offset; 6 June whichever comes first.
    ["06/06/2026 10:05", "2026-06-06T08:05:00.000Z"],
    ["05.06.2026 10:05", "2026-06-05T08:05:00.000Z"],
    // An hour that comes twice is its first one, one that is skipped does not exist.
    ["25.10.2026 02:30", "2026-10-25T00:30:00.000Z"],
    ["29.03.2026 02:30", "does not exist in Europe/Berlin: clocks skip it"]
  ])("%s", (text, expected) => {
    assert.strictEqual(read(text), expected)
  })

  it("is refused where the day could be the month, unless that is said", () => {
    assert.include(read("05/06/2026 10:05"), "--dates dmy or --dates mdy")
    assert.strictEqual(read("05/06/2026 10:05", "dmy"), "2026-06-05T08:05:00.000Z")
    assert.strictEqual(read("05/06/2026 10:05", "mdy"), "2026-05-06T08:05:00.000Z")
    assert.include(read("11/20/2026 10:05", "dmy"), "does not exist")
  })

  it.each([
    "20/11/26 10:05",
    "20.11.2026",
    "20.11.2026 25:00",
    "11/20/2026 13:05 PM",
    "Fri, 40 Nov 2026 09:05:00 GMT",
    ""
  ])("%s is none", (text) => {
    assert.notMatch(read(text), /^\d{4}-/)
  })

  it("needs a zone", () => {
    assert.include(ConsoleTime.makeParser(undefined, "dmy")("20/11/2026 10:05").toString(), "--time-zone Europe/Berlin")
  })
})
