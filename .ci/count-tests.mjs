// Prints "PASSED FAILED" of a JSON report of Vitest: node count-tests.mjs REPORT EXIT-CODE
import { readFileSync } from "node:fs"

const [report, exitCode] = process.argv.slice(2)

const read = () => {
  try {
    return JSON.parse(readFileSync(report, "utf8"))
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, testResults: [] }
  }
}

const { numPassedTests, numFailedTests, testResults } = read()
/** Files that failed as a whole: they did not load, or what runs before or after their tests failed. */
const brokenFiles = testResults.filter(
  (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")
).length
const failed = numFailedTests + brokenFiles
process.stdout.write(`${numPassedTests} ${failed === 0 && exitCode !== "0" ? 1 : failed}\n`)
