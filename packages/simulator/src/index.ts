/**
 * A Genesys Cloud to test against: a real HTTP server, and the same in process under virtual time.
 *
 * @module
 */
export { type Carrier, invented as inventedCarriers, inventedForConversations } from "./Carriers.ts"
export type { Outage, Profile, Rates } from "./FaultProfile.ts"
export type { Message } from "./Message.ts"
export { InvalidOptions, Options } from "./Options.ts"
export type { Platform } from "./Platform.ts"
export { type Report, type ReportedMessage, type Wrong, wrongOf } from "./Report.ts"
export * as Seed from "./Seed.ts"
export type { Settings } from "./Settings.ts"
export * as Simulator from "./Simulator.ts"
export * as SimulatorClient from "./SimulatorClient.ts"
export * as SimulatorServer from "./SimulatorServer.ts"
export type { Fate, Outcome, Status } from "./Story.ts"
