/**
 * What is believed of a platform's limit: learned from refusals, tried upwards again, and bounded by what the platform or
 * the operator states. Pure.
 *
 * One refusal tells the limit: it is what was accepted in the window that ends when the refusal's `Retry-After` does.
 * What has been learned is tried again now and then, at twice the pace: where the limit still stands, that costs one
 * refusal and a moment's wait; where it is gone, a window shows it. The longer a limit has stood, the more seldom it is
 * tried, so that refusals stay rare and what a limit that is gone costs stays in proportion to how long it stood.
 *
 * @module
 */

/** What is believed. Moments and lengths of time in milliseconds, limits in requests a window. */
export interface LimitEstimate {
  /** More than this is never believed; may be infinite. */
  readonly ceiling: number
  /** What requests are paced by. */
  readonly limit: number
  /** The step upwards that is being tried: from which limit, and since when. */
  readonly probe: { readonly from: number; readonly since: number } | undefined
  /** Since when about this limit stands. */
  readonly since: number
  /** When it was last found to stand. */
  readonly confirmedAt: number
  /** How many refusals followed soon after it was learned: at a limit that is the right one there are none. */
  readonly repeats: number
  /** Nothing is learned before this moment. */
  readonly deafUntil: number
}

/** A limit that nothing has been learned of. */
export const of = (ceiling: number): LimitEstimate => ({
  ceiling,
  limit: ceiling,
  probe: undefined,
  since: 0,
  confirmedAt: 0,
  repeats: 0,
  deafUntil: 0
})

/** A limit is tried again after this share of the time for which it has stood, in no fewer and no more windows than these. */
const patience = 1 / 15
const fewestWindows = 3
const mostWindows = 10

/** A step upwards is proven after so many windows: any window of the platform's was then tried, whatever its phase. */
const proof = 1.1

/** So many refusals in a row, each soon after the one before, have other reasons than a limit. */
const mostRepeats = 2

/** What a limit that is refused again is lowered by at least: a share of it. */
const little = 0.02

/** For so many windows nothing is learned then. */
const deafWindows = 5

/** A limit that differs by less than this share is still the same one. */
const same = 0.1

/** What is believed when no step upwards is under way. */
export const settled = ({ limit, probe }: LimitEstimate): number => probe?.from ?? limit

/** The platform refused at a moment, with so many accepted in the window that was full. */
export const refused = (estimate: LimitEstimate, now: number, window: number, full: number): LimitEstimate => {
  const { ceiling, confirmedAt, deafUntil, limit, probe } = estimate
  if (full < 1) return estimate
  // Where nearly all is refused it is a limit after all.
  if (now < deafUntil && estimate.repeats < full / 4) return { ...estimate, repeats: estimate.repeats + 1 }
  const before = settled(estimate)
  const learned = limit < ceiling
  const soon = probe === undefined && learned && now - confirmedAt < fewestWindows * window
  const repeats = soon ? estimate.repeats + 1 : 0
  if (repeats > mostRepeats) return { ...of(ceiling), deafUntil: now + deafWindows * window }
  // At a limit that was believed already, it is less by a little at least.
  const next = probe !== undefined || !learned ? full : Math.min(full, limit - Math.ceil(limit * little))
  const bounded = Math.max(1, Math.min(limit, next))
  return {
    ...estimate,
    limit: bounded,
    probe: undefined,
    since: probe !== undefined && Math.abs(bounded - before) <= same * before ? estimate.since : now,
    confirmedAt: now,
    repeats,
    deafUntil: 0
  }
}

/** How long after it was last found to stand a limit is tried again. */
const interval = ({ confirmedAt, since }: LimitEstimate, window: number) =>
  Math.min(mostWindows * window, Math.max(fewestWindows * window, (confirmedAt - since) * patience))

/**
 * What is to be tried at a moment: nothing new, a first step upwards, or the next one where the last has proven itself.
 * `accepted` counts what was accepted since the step began.
 */
export const tried = (
  estimate: LimitEstimate,
  now: number,
  window: number,
  accepted: (since: number) => number
): LimitEstimate => {
  const { ceiling, confirmedAt, limit, probe } = estimate
  const step = (from: number): LimitEstimate => ({
    ...estimate,
    limit: Math.min(ceiling, from * 2),
    probe: { from, since: now }
  })
  if (probe === undefined) {
    return limit < ceiling && now - confirmedAt >= interval(estimate, window) ? step(limit) : estimate
  }
  // Without demand for more than the old limit, nothing has been proven.
  if (now - probe.since < proof * window || accepted(probe.since) <= probe.from) return estimate
  return limit < ceiling ? step(limit) : of(ceiling)
}

/** The platform states the most that it allows; or the operator does. What was learned below it stays. */
export const bounded = (estimate: LimitEstimate, ceiling: number): LimitEstimate => {
  if (ceiling === estimate.ceiling) return estimate
  const learned = settled(estimate) < estimate.ceiling && settled(estimate) < ceiling
  if (!learned) return of(ceiling)
  return { ...estimate, ceiling, limit: Math.min(estimate.limit, ceiling) }
}

/** The same, where the clock has been set back by so much. */
export const shifted = (estimate: LimitEstimate, back: number): LimitEstimate => ({
  ...estimate,
  probe: estimate.probe && { ...estimate.probe, since: estimate.probe.since - back },
  since: estimate.since - back,
  confirmedAt: estimate.confirmedAt - back,
  deafUntil: estimate.deafUntil - back
})
