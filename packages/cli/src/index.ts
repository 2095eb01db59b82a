/**
 * The parts of the command line that a program of one's own may want: the command line itself, and the readers of message
 * files and carrier tables. The program is `dlrkit`.
 *
 * @module
 */
export * as CarrierFile from "./CarrierFile.ts"
export { run } from "./Cli.ts"
export * as ExitCode from "./ExitCode.ts"
export * as MessageFile from "./MessageFile.ts"
