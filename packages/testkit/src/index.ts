/**
 * Conformance suites for the plugins of dlrkit.
 *
 * @module
 */
export * as JournalConformance from "./JournalConformance.ts"
export * as Samples from "./Samples.ts"
