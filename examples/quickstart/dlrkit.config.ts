import * as AuditFile from "@dlrkit/audit-file"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import { defineTracker } from "@dlrkit/core"
import * as ExportFile from "@dlrkit/export-file"
import * as Sqlite from "@dlrkit/journal-sqlite"
import * as Prometheus from "@dlrkit/metrics-prometheus"
import * as Genesys from "@dlrkit/source-genesys"

/** A tracker, assembled from plugins. Addresses, credentials and the budget come from the environment. */
export default defineTracker({
  sources: [Genesys.source({ resilience: { retry: { base: "100 millis" }, breaker: { open: "1 second" } } })],
  journal: Sqlite.journal({ file: "output/dlrkit.db" }),
  classifiers: [GenesysCodes.classifier()],
  audit: [AuditFile.sink({ directory: "output/audit" })],
  // 0 is any free port, which the log names; for Prometheus to find it, say 9464.
  metrics: [Prometheus.metrics({ port: 0 })],
  exports: [ExportFile.exporter({ file: "output/messages.ndjson", format: "ndjson" })],
  // Genesys Cloud names no carrier. Here each has a sender number of its own.
  carriers: {
    "shortcode:72201": "aldermoor",
    "+12065550142": "brightfen",
    "+442079460150": "corvalt",
    "+61491570156": "dunmere",
    "shortcode:38383": "hollin"
  },
  // Everything is fast here. What you would leave out: 72 hours, and a look after 5 s, doubling up to 10 min.
  deadline: "7 seconds"
})
