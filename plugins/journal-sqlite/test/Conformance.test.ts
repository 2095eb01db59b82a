import { join } from "node:path"
import { JournalConformance } from "@dlrkit/testkit"
import * as Effect from "effect/Effect"
import * as Sqlite from "../src/index.ts"
import { folder } from "./Stores.ts"

JournalConformance.suite({
  name: "the SQLite journal",
  journal: Effect.map(folder, (path) => Sqlite.journal({ file: join(path, "dlrkit.db") }))
})
