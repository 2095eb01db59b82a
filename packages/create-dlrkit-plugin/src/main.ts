/**
 * The command: asks or reads what is to be written, writes it, and says what to do next.
 *
 * @module
 */
import { createInterface } from "node:readline/promises"
import { type Ask, help, read, UsageError } from "./Request.ts"
import { write } from "./Scaffold.ts"

const say = (text: string) => process.stderr.write(`${text}\n`)

/** What to do next, with a Node of this version. */
export const nextSteps = (version: string): ReadonlyArray<string> => {
  const [major = 0, minor = 0] = version.replace("v", "").split(".").map(Number)
  const isOld = major < 22 || (major === 22 && minor < 19)
  const node = `  npm install --save-dev node@24   # what is written needs Node 22.19; this is ${version}`
  return [...(isOld ? [node] : []), "  npm install", "  npm test"]
}

/** Asks on the terminal. */
const asking = (signal: AbortSignal) => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const ask: Ask = async (question, otherwise, fault) => {
    while (true) {
      const shown = otherwise === "" ? question : `${question} [${otherwise}]`
      const answer = (await terminal.question(`${shown}: `, { signal })).trim() || otherwise
      const wrong = fault(answer)
      if (wrong === undefined) return answer
      say(wrong)
    }
  }
  return { ask, terminal }
}

/** Runs the command. Gives its exit code: 0; 2 where it was called wrongly, or its folder is taken; 130 after Ctrl-C. */
export const main = async (args: ReadonlyArray<string>): Promise<number> => {
  const stopped = new AbortController()
  const { ask, terminal } = process.stdin.isTTY ? asking(stopped.signal) : { ask: undefined, terminal: undefined }
  terminal?.on("SIGINT", () => stopped.abort()).on("close", () => stopped.abort())
  try {
    const request = await read(args, ask)
    if (request === undefined) {
      process.stdout.write(help)
      return 0
    }
    const files = await write(request)
    say(`${request.package} is in ${request.folder}:\n${files.map((file) => `  ${file}`).join("\n")}\n`)
    say(`Next:\n\n  cd ${request.folder}\n${nextSteps(process.version).join("\n")}\n\nREADME.md says what to change.`)
    return 0
  } catch (error) {
    if (stopped.signal.aborted) return 130
    const usage = error instanceof UsageError
    say(`create-dlrkit-plugin: ${(error as Error).message}${usage ? " (see --help)" : ""}`)
    return usage ? 2 : 1
  } finally {
    terminal?.close()
  }
}
