/**
 * Flags that several commands have.
 *
 * @module
 */
import * as Flag from "effect/cli/Flag"

/** `--config FILE` */
export const config = Flag.String("config").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription("The tracker's configuration; ./dlrkit.config.ts where there is one"),
  Flag.optional
)

/** `--journal FILE` */
export const journal = Flag.String("journal").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription("The journal; what the config says, else ./dlrkit.db"),
  Flag.optional
)

/** `--audit DIR` */
export const audit = Flag.String("audit").pipe(
  Flag.withMetavar("DIR"),
  Flag.withDescription("The folder of the audit trail; what the config says, else ./audit"),
  Flag.optional
)

/** `--carriers FILE` */
export const carriers = Flag.String("carriers").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription("Whom to measure: a CSV or JSON table from numbers and labels to carriers"),
  Flag.optional
)

/** `--actor WHO` */
export const actor = Flag.String("actor").pipe(
  Flag.withMetavar("WHO"),
  Flag.withDescription("Who runs this, for the audit trail; user@host where it is not said"),
  Flag.optional
)

/** `--json` */
export const json = Flag.Boolean("json").pipe(
  Flag.withDefault(false),
  Flag.withDescription("One JSON object on standard output")
)
