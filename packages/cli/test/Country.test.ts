import { assert, it } from "@effect/vitest"
import { countryOf } from "../src/Country.ts"

it("tells the country of a number, also where countries share a calling code", () => {
  const numbers = { "+4930123456": "DE", "+13175550123": "US", "+14035551234": "CA", "+77012345678": "KZ" }
  for (const [number, country] of Object.entries(numbers)) assert.strictEqual(countryOf(number), country)
  for (const number of ["", "12345", "ACME", "+80012345678", "+999123456789"])
    assert.strictEqual(countryOf(number), undefined)
})
