/**
 * One run of one side of the benchmark: what it is given, and what it gives back.
 */

/** Where a run reads and writes. */
export interface Place {
  /** The platform's address. */
  readonly url: string
  /** The journal's file, with every message registered. */
  readonly journal: string
  /** The directory of the (first) audit trail; it is made. */
  readonly audit: string
}

/** The directory of one of several audit trails. */
export const auditOf = ({ audit }: Place, index: number): string => (index === 0 ? audit : `${audit}-${index}`)

/** How often a run waited for the disk. */
export interface Syncs {
  /** Transactions of the journal, one of which each page is. */
  readonly commits: number
  /** Flushes of the audit file. */
  readonly flushes: number
  /** Transactions that say nothing but how far the audit trail has come; else that goes with a page. */
  readonly cursorMoves: number
}

/** How a run went. */
export interface Measured {
  /** From when the first page could be asked for to when the last event was safe. */
  readonly durationMs: number
  readonly syncs: Syncs
}
