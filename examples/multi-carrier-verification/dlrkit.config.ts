import * as AuditFile from "@dlrkit/audit-file"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import { defineClassifier, defineTracker, PayloadFields } from "@dlrkit/core"
import * as Sqlite from "@dlrkit/journal-sqlite"
import * as Genesys from "@dlrkit/source-genesys"

/** How the receipts of the aggregator are read. It tells no reasons, so there is nothing to classify. */
const aggregator = defineClassifier({
  name: "aggregator",
  classify: () => undefined,
  profiles: [
    {
      name: "aggregator",
      read: (payload) => {
        const fields = PayloadFields.of(payload)
        const word = fields?.text("word")
        if (word === undefined) return undefined
        const status = word === "ARRIVED" ? "delivered" : word === "LOST" ? "failed" : undefined
        return {
          receipt: { profile: "aggregator", providerStatus: word, status, externalMessageId: fields?.text("ref") }
        }
      }
    }
  ]
})

/** Found by `dlrkit` in the folder that it runs in. The carriers stand in the message file itself. */
export default defineTracker({
  sources: [Genesys.source({ resilience: { retry: { base: "100 millis" }, breaker: { open: "1 second" } } })],
  journal: Sqlite.journal({ file: "output/dlrkit.db" }),
  classifiers: [aggregator, GenesysCodes.classifier()],
  audit: [AuditFile.sink({ directory: "output/audit" })],
  deadline: "7 seconds"
})
