/**
 * `dlrkit doctor`: whether what `dlrkit track` needs is there and works.
 *
 * @module
 */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Doctor from "./Doctor.ts"
import { Finished } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as Terminal from "./Terminal.ts"

/** The command. */
export const command = Command.make("doctor", {
  config: Flags.config,
  journal: Flags.journal,
  audit: Flags.audit,
  carriers: Flags.carriers,
  json: Flags.json
}).pipe(
  Command.withShortDescription("Check the set-up, from the configuration to the platform"),
  Command.withDescription(
    "Checks configuration, journal, audit trail and sources, and says in a line what was found and what to do about it. Writes nothing, and tracks nothing."
  ),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      const findings: Array<Doctor.Finding> = []
      yield* Doctor.examine(
        {
          config: Option.getOrUndefined(flags.config),
          journal: Option.getOrUndefined(flags.journal),
          audit: Option.getOrUndefined(flags.audit),
          carriers: Option.getOrUndefined(flags.carriers)
        },
        (finding) => {
          findings.push(finding)
          return flags.json ? Effect.void : Terminal.printResult(line(finding, process.stdout.isTTY === true))
        }
      )
      const code = Doctor.exitCode(findings)
      if (flags.json) {
        const ok = findings.every(({ outcome }) => outcome !== "problem")
        const told = findings.map(({ advice = null, check, detail, outcome, source }) => ({
          source,
          check,
          outcome,
          detail,
          advice
        }))
        yield* Terminal.printResult(JSON.stringify({ ok, findings: told }))
      }
      if (code !== 0) return yield* new Finished({ code })
    })
  )
)

const marks = { ok: "✓", warning: "!", problem: "✗" } as const

/** A finding as a line: its mark where there is a terminal, its word elsewhere. */
export const line = ({ advice, check, detail, outcome, source }: Doctor.Finding, terminal: boolean): string => {
  const mark = terminal ? marks[outcome] : outcome.padEnd("problem".length)
  return `${mark}  ${source}: ${check}: ${detail}${advice === undefined ? "" : `; ${advice}`}`.replace(/\s*\n\s*/g, " ")
}
