/**
 * What is to be written: from the command line, and from answers to questions where it does not say.
 *
 * @module
 */
import { parseArgs } from "node:util"
import { type Kind, kindOf, kinds } from "./Kind.ts"
import { nameFault, packageName, scopeFault } from "./PluginName.ts"

/** A plugin to be written. */
export interface Request {
  readonly kind: Kind
  readonly name: string
  /** The name of the package. */
  readonly package: string
  /** The folder, as it was given. */
  readonly folder: string
  readonly license: License
}

/** The licences to choose from; `none` is all rights reserved. */
export const licenses = ["Apache-2.0", "MIT", "none"] as const
/** See {@link licenses}. */
export type License = (typeof licenses)[number]

/** The command was called with something that it cannot use. */
export class UsageError extends Error {}

/** Asks a question until its answer has no fault; `fault` gives what is wrong with one. */
export type Ask = (
  question: string,
  otherwise: string,
  fault: (answer: string) => string | undefined
) => Promise<string>

/** How the command is called. */
export const help = `Writes a plugin for dlrkit: its source, its test, and all that a package needs.

  npm create dlrkit-plugin
  npm create dlrkit-plugin -- --kind classifier --name acme

  --kind KIND        ${kinds.map(({ name }) => name).join(", ")}
  --name NAME        what it is called, like acme: the package is dlrkit-KIND-NAME
  --scope @SCOPE     puts the package into a scope
  --dir DIR          where to write it; a folder named like the package
  --license LICENSE  ${licenses.join(", ")}; Apache-2.0
  --yes              asks nothing: what is not said has its default
  --help             this text

On a terminal it asks for the kind, the name and the licence where they are not said.
`

const options = {
  kind: { type: "string" },
  name: { type: "string" },
  scope: { type: "string" },
  dir: { type: "string" },
  license: { type: "string" },
  yes: { type: "boolean", short: "y", default: false },
  help: { type: "boolean", short: "h", default: false }
} as const

const parse = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw new UsageError((error as Error).message.split(". ")[0])
  }
}

const licenseFault = (text: string) =>
  licenseOf(text) === undefined ? `there is no licence "${text}" to choose (${licenses.join(", ")})` : undefined

const licenseOf = (text: string) => licenses.find((license) => license.toLowerCase() === text.trim().toLowerCase())

const kindFault = (text: string) => {
  const kind = kindOf(text)
  return typeof kind === "string" ? kind : undefined
}

/**
 * Reads the command line; what it leaves out is asked for, where there is somebody to ask. Throws `UsageError` where it
 * cannot be used.
 *
 * @returns `undefined` where help was asked for
 */
export const read = async (args: ReadonlyArray<string>, ask: Ask | undefined): Promise<Request | undefined> => {
  const { dir, help, kind, license, name, scope, yes } = parse(args)
  if (help) return undefined
  const asking = yes ? undefined : ask

  const either = async (
    flag: string,
    given: string | undefined,
    otherwise: string | undefined,
    question: string,
    faultOf: (text: string) => string | undefined
  ) => {
    const said = given ?? (asking === undefined ? otherwise : await asking(question, otherwise ?? "", faultOf))
    if (said === undefined) throw new UsageError(`say --${flag}: there is nobody to ask`)
    const fault = faultOf(said)
    if (fault !== undefined) throw new UsageError(fault)
    return said
  }
  // What is wrong is said before anything is asked.
  const fault = scope === undefined ? undefined : scopeFault(scope)
  if (fault !== undefined) throw new UsageError(fault)
  const listed = kinds.map(({ name, purpose }) => `  ${name.padEnd(12)}${purpose}`).join("\n")
  const chosen = kindOf(await either("kind", kind, undefined, `${listed}\nKind`, kindFault)) as Kind
  const called = await either("name", name, undefined, "Name, like acme", nameFault)
  const under = licenseOf(
    await either("license", license, "Apache-2.0", `Licence (${licenses.join(", ")})`, licenseFault)
  ) as License
  const packaged = packageName(chosen.name, called, scope)
  return {
    kind: chosen,
    name: called,
    package: packaged,
    folder: dir ?? packageName(chosen.name, called, undefined),
    license: under
  }
}
