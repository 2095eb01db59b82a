import * as AuditFile from "@dlrkit/audit-file"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import { defineTracker } from "@dlrkit/core"
import * as ExportFile from "@dlrkit/export-file"
import * as Sqlite from "@dlrkit/journal-sqlite"
import * as Prometheus from "@dlrkit/metrics-prometheus"
import * as Genesys from "@dlrkit/source-genesys"

/** The tracker of `npm run demo`. Three days are half a minute there, so the times are shorter than anybody's own. */
export default defineTracker({
  sources: [Genesys.source({ resilience: { breaker: { open: "2 seconds" } } })],
  journal: Sqlite.journal({ file: "demo-output/dlrkit.db" }),
  classifiers: [GenesysCodes.classifier()],
  audit: [AuditFile.sink({ directory: "demo-output/audit" })],
  metrics: [Prometheus.metrics({ port: 9464 })],
  exports: [
    ExportFile.exporter({ file: "demo-output/outcomes.csv", format: "csv" }),
    ExportFile.exporter({ file: "demo-output/outcomes.ndjson", format: "ndjson" })
  ],
  deadline: "30 seconds"
})
