import * as AuditFile from "@dlrkit/audit-file"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import { defineTracker } from "@dlrkit/core"
import * as Sqlite from "@dlrkit/journal-sqlite"
import * as Genesys from "@dlrkit/source-genesys"
import { acme } from "./acme-classifier.ts"

export default defineTracker({
  sources: [Genesys.source()],
  journal: Sqlite.journal({ file: "output/dlrkit.db" }),
  // They are asked in this order, and the first answer wins.
  classifiers: [acme, GenesysCodes.classifier()],
  audit: [AuditFile.sink({ directory: "output/audit" })],
  carriers: { "shortcode:22630": "acme", "shortcode:72201": "aldermoor" },
  deadline: "10 seconds"
})
