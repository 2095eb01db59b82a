import { ClassifierConformance } from "@dlrkit/testkit"
import * as GenesysCodes from "../src/index.ts"

const failed = (code: string, profile = "genesys-cloud") => ({ profile, status: "failed" as const, code })

ClassifierConformance.suite({
  classifier: GenesysCodes.classifier(),
  cases: [
    { receipt: failed("RecipientOptedOut"), expect: { state: "failed", cause: "opted_out", retryable: "no" } },
    { receipt: failed("DEST_ADDR_INVALID"), expect: { state: "failed", cause: "invalid_number", retryable: "no" } },
    { receipt: failed("NETWORK_TIMEOUT"), expect: { state: "unconfirmed" } },
    { receipt: failed("DEST_ADDR_INVALID", "twilio"), expect: undefined }
  ]
})
