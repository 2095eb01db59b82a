/**
 * The version of this program.
 *
 * @module
 */
import { readFileSync } from "node:fs"

/** As in the package. */
export const version: string = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { readonly version: string }
).version
