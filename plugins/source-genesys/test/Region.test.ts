import { assert, describe, it } from "@effect/vitest"
import { Region } from "../src/index.ts"

describe("a region", () => {
  it("is known by every spelling that people use", () => {
    for (const text of [
      "eu_central_1",
      "eu-central-1",
      "EU_CENTRAL_1",
      " eu-central-1 ",
      "mypurecloud.de",
      "api.mypurecloud.de",
      "https://api.mypurecloud.de",
      "https://login.mypurecloud.de/",
      "https://apps.mypurecloud.de//"
    ]) {
      assert.strictEqual(Region.parse(text), "eu_central_1", text)
    }
  })

  it("has addresses of its own, by name and by host", () => {
    const seen = new Set<string>()
    for (const region of Object.keys(Region.hosts) as Array<Region.Region>) {
      assert.strictEqual(Region.parse(region), region)
      assert.strictEqual(Region.parse(region.replaceAll("_", "-")), region)
      assert.strictEqual(Region.parse(Region.hosts[region]), region)
      const { apiUrl, loginUrl } = Region.addresses(region)
      assert.strictEqual(new URL(apiUrl).host, `api.${Region.hosts[region]}`)
      assert.strictEqual(new URL(loginUrl).host, `login.${Region.hosts[region]}`)
      seen.add(apiUrl)
    }
    assert.strictEqual(seen.size, Object.keys(Region.hosts).length)
  })

  it("is none of these", () => {
    for (const text of ["", "eu", "eu_central_9", "purecloud.de", "constructor", "__proto__", "evil-mypurecloud.de"]) {
      assert.isUndefined(Region.parse(text), text)
    }
  })
})
