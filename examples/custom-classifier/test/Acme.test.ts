import { spawn } from "node:child_process"
import { once } from "node:events"
import path from "node:path"
import { text } from "node:stream/consumers"
import { Taxonomy } from "@dlrkit/core"
import { assert, onTestFinished, test } from "vitest"
import { acme } from "../acme-classifier.ts"

const receipt = (code: string | undefined, carrier = "acme") =>
  ({
    messageId: "msg-1",
    profile: "genesys-messaging",
    providerStatus: "failed",
    status: "failed",
    carrier,
    code
  }) as const

test("each code has the meaning of the handbook", () => {
  assert.deepStrictEqual(acme.classify(receipt("ACME-17")), { cause: "opted_out", rule: "ACME-17" })
  assert.deepStrictEqual(acme.classify(receipt("ACME-31 REJECTED")), { cause: "content_filtered", rule: "ACME-31" })
  const restarted = acme.classify(receipt("ACME-99"))
  assert.deepStrictEqual(restarted, { cause: "network_failure", retryable: "yes", rule: "ACME-99" })
  for (const code of ["ACME-17", "ACME-23", "ACME-31", "ACME-40", "ACME-99"]) {
    assert.property(Taxonomy.causes, acme.classify(receipt(code))?.cause ?? "")
  }
})

test("what is not ACME's, or not in the handbook, is left to others", () => {
  for (const code of ["ACME-1000", "XACME-17", "TIMEOUT", "", undefined]) {
    assert.isUndefined(acme.classify(receipt(code)), code)
  }
  assert.isUndefined(acme.classify(receipt("ACME-17", "aldermoor")))
})

test("npm start shows its verdicts, and what Genesys's own marks would have made of the same words", async () => {
  const child = spawn(process.execPath, ["src/main.ts"], {
    cwd: path.join(import.meta.dirname, ".."),
    stdio: ["ignore", "pipe", "pipe"]
  })
  onTestFinished(() => void child.kill())
  const printed = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await once(child, "close")
  const [stdout, stderr] = await printed
  assert.strictEqual(code, 0, stderr)
  assert.match(stdout, /ACME-17 BLOCKED BY SUBSCRIBER .*opted_out.*acme.*refused_unspecified/)
  assert.match(stdout, /ACME-1000 .*unexplained.*nobody/)
  assert.match(stdout, /INVALID_NUMBER .*invalid_number.*genesys.*invalid_number/)
})
