// Starts a Node of our choice in place of the one that runs this file. Plain JavaScript: it must run on old Nodes.
import { spawn } from "node:child_process"
import { constants } from "node:os"

/**
 * Runs `executable` with `args`, its input and output ours, and passes SIGINT, SIGTERM and SIGHUP on to it, so that
 * whoever stops this process stops that one too.
 *
 * @param {string} executable path of a program
 * @param {ReadonlyArray<string>} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<number>} its exit code, or 128 + n when signal n ended it
 * @throws when it cannot be started
 */
export const startNode = (executable, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(executable, args, { stdio: "inherit", windowsHide: true, ...options })
    const forward = (signal) => {
      // On Windows the console tells every process itself, and `kill` would be the hard end of it.
      if (process.platform !== "win32") child.kill(signal)
    }
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, forward)
    child.on("error", reject)
    child.on("exit", (code, signal) => {
      for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeListener(name, forward)
      resolve(code ?? 128 + (constants.signals[signal] ?? 0))
    })
  })
