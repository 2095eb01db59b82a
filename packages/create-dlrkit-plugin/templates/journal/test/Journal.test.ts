import { JournalConformance } from "@dlrkit/testkit"
import * as Effect from "effect/Effect"
import { journal } from "../src/index.ts"

JournalConformance.suite({
  // A new place each time, such as a new folder; the layer opens the journal that is there, or makes it.
  journal: Effect.sync(() => journal()),
  // Rules that it cannot keep, and why. Take these out as soon as it lasts.
  skip: {
    durability: "it is in memory",
    access: "nobody else can reach it"
  }
})
