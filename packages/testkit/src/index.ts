/**
 * Conformance suites for the plugins of dlrkit.
 *
 * @module
 */
export * as AuditSinkConformance from "./AuditSinkConformance.ts"
export * as ClassifierConformance from "./ClassifierConformance.ts"
export type { Rule, SuiteOptions, Violation } from "./ConformanceRule.ts"
export * as ExporterConformance from "./ExporterConformance.ts"
export * as JournalConformance from "./JournalConformance.ts"
export * as MetricsConformance from "./MetricsConformance.ts"
export type { Doing, Faults } from "./Plainly.ts"
export * as Samples from "./Samples.ts"
export * as SourceConformance from "./SourceConformance.ts"
