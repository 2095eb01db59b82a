/**
 * What a check of a set-up found.
 *
 * @module
 */
import type { ReceiptSource } from "@dlrkit/core"

/** What a check found, and whether there is any use in going on. */
export interface Checked {
  readonly findings: ReadonlyArray<ReceiptSource.Finding>
  readonly stop?: boolean
  /** The platform can be reached: what is inside can be looked at. */
  readonly reached?: boolean
}

/** It is in order. */
export const ok = (check: string, detail: string): Checked => ({ findings: [{ check, outcome: "ok", detail }] })

/** It works, but not as it should, or nobody knows. */
export const warning = (check: string, detail: string, advice: string): Checked => ({
  findings: [{ check, outcome: "warning", detail, advice }]
})

/** It does not work. */
export const problem = (check: string, detail: string, advice: string): Checked => ({
  findings: [{ check, outcome: "problem", detail, advice }]
})
