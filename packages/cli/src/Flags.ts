/**
 * Flags that several commands have.
 *
 * @module
 */
import * as Flag from "effect/cli/Flag"

const named = (name: string, value: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(value), Flag.withDescription(description), Flag.optional)

/** `--config FILE` */
export const config = named("config", "FILE", "The tracker's configuration; ./dlrkit.config.ts where there is one")

/** `--journal FILE` */
export const journal = named("journal", "FILE", "The journal; what the config says, else ./dlrkit.db")

/** `--audit DIR` */
export const audit = named("audit", "DIR", "The folder of the audit trail; what the config says, else ./audit")

/** `--carriers FILE` */
export const carriers = named(
  "carriers",
  "FILE",
  "Whom to measure: a CSV or JSON table from numbers and labels to carriers"
)

/** `--carrier NAME` */
export const carrier = named("carrier", "NAME", "Only what concerns this carrier")

/** `--actor WHO` */
export const actor = named("actor", "WHO", "Who runs this, for the audit trail; user@host where it is not said")

/** `--json` */
export const json = Flag.Boolean("json").pipe(
  Flag.withDefault(false),
  Flag.withDescription("One JSON object on standard output")
)
