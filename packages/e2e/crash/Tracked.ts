/**
 * The tracker that is killed: the plugins that ship, with boundaries around their seams and sinks that fail. It is the
 * `dlrkit.config` of a command; what varies comes from the environment.
 *
 * @module
 */
import * as AuditFile from "@dlrkit/audit-file"
import * as AuditHttp from "@dlrkit/audit-http"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import { defineTracker } from "@dlrkit/core"
import * as ExportFile from "@dlrkit/export-file"
import * as Sqlite from "@dlrkit/journal-sqlite"
import * as Genesys from "@dlrkit/source-genesys"
import * as Boundaries from "./Boundaries.ts"
import { draw } from "./Draw.ts"
import * as Sinks from "./Sinks.ts"

const { CRASH_AT, CRASH_LOG = "boundaries.log", CRASH_RECEIVER = "", CRASH_SEED } = process.env

const pass = Boundaries.watch(CRASH_LOG, CRASH_AT)

/** By the seed, which differs from run to run; a run without one has no faults. */
const faultsOf = (sink: string): Sinks.Fails => {
  let asked = 0
  return (what, probability) => CRASH_SEED !== undefined && draw(CRASH_SEED, sink, what, ++asked) < probability
}

export default defineTracker({
  sources: [
    Genesys.source({
      resilience: {
        timeout: "3 seconds",
        retry: { tries: 5, base: "20 millis" },
        breaker: { failures: 3, open: "200 millis" }
      }
    })
  ],
  journal: Boundaries.journal(pass, Sqlite.journal({ file: "dlrkit.db" })),
  classifiers: [GenesysCodes.classifier()],
  audit: [
    AuditFile.sink({ directory: "audit" }).pipe(
      Boundaries.withFiles((fs) => Boundaries.files(pass)(Sinks.fillingUp(faultsOf("audit-file"))(fs)))
    ),
    Sinks.appending({ name: "ledger", file: "ledger.ndjson", pass, fails: faultsOf("ledger") }),
    Sinks.appending({ name: "hanging", file: "hanging.ndjson", pass, fails: faultsOf("hanging"), hang: true }),
    AuditHttp.sink({ url: CRASH_RECEIVER, timeout: "2 seconds" })
  ],
  exports: [
    ExportFile.exporter({ file: "messages.ndjson", format: "ndjson" }).pipe(
      Boundaries.withFiles(Boundaries.files(pass))
    )
  ],
  floor: "50 millis"
})
