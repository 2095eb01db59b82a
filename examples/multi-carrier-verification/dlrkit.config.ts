import * as AuditFile from "@dlrkit/audit-file"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import { defineTracker } from "@dlrkit/core"
import * as Sqlite from "@dlrkit/journal-sqlite"
import * as Genesys from "@dlrkit/source-genesys"

/** Found by `dlrkit` in the folder that it runs in. The carriers stand in the message file itself. */
export default defineTracker({
  sources: [Genesys.source({ resilience: { retry: { base: "100 millis" }, breaker: { open: "1 second" } } })],
  journal: Sqlite.journal({ file: "output/dlrkit.db" }),
  classifiers: [GenesysCodes.classifier()],
  audit: [AuditFile.sink({ directory: "output/audit" })],
  deadline: "7 seconds"
})
