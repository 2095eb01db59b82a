import type { TrackingEvent } from "@dlrkit/core"

const event = (seq: number): TrackingEvent.TrackingEvent => ({
  v: 1,
  id: `j1-${seq}`,
  seq,
  at: "2026-03-01T10:00:00.000Z",
  run: 1,
  actor: "ops@host",
  kind: "message.missing",
  messageId: `line\nbreak ${seq}`,
  carrier: "Ätna ✓"
})

/** Events with these sequence numbers. */
export const events = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => event(from + at))
