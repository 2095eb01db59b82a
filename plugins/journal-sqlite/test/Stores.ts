/** Journals to test, in folders of their own. */
import { createHash } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { JournalStore } from "@dlrkit/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Sqlite from "../src/index.ts"

type Store = JournalStore.JournalStoreService
type Access = (typeof JournalStore.Access)["Service"]

/** A folder that is gone at the end of the test. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "journal-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** The SQLite journal in a file, until the scope ends. */
export const open = (
  file: string,
  access: Access = "create",
  options: Sqlite.JournalOptions = {}
): Effect.Effect<Store, JournalStore.JournalError, Scope.Scope> =>
  Layer.build(Sqlite.journal({ file, ...options })).pipe(
    Effect.map(Context.get(JournalStore.JournalStore)),
    Effect.provideService(JournalStore.Access, access)
  )

/** Opens a journal for this alone. */
export const using = <A, E>(
  file: string,
  use: (store: Store) => Effect.Effect<A, E, Scope.Scope>,
  access?: Access,
  options?: Sqlite.JournalOptions
) => Effect.scoped(Effect.flatMap(open(file, access, options), use))

/** Why something failed: the tag of the reason. */
export const refusal = <A, R>(effect: Effect.Effect<A, JournalStore.JournalError, R>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason)

/** What is in a folder: a digest of each file. */
export const contents = (path: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(path, { withFileTypes: true })
      .sort((a, b) => a.name.localeCompare(b.name))
      .map((entry) => [
        entry.name,
        entry.isFile()
          ? createHash("sha256")
              .update(readFileSync(join(path, entry.name)))
              .digest("hex")
          : "a folder"
      ])
  )
