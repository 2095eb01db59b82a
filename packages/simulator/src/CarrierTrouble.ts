/**
 * What goes wrong at a carrier: outages, after which its receipts come in a burst, and silence, in which none comes.
 *
 * @module
 */
import type { Carrier } from "./Carriers.ts"
import type * as Seed from "./Seed.ts"
import type { Settings } from "./Settings.ts"
import type { Story } from "./Story.ts"

/** The receipts that an outage kept back come within this part of its length, in their order. */
const burst = 1 / 20

/** A message's story as its carrier's troubles leave it. Draws the same number of times for every message. */
export const befall = (
  story: Story,
  carrier: Carrier,
  settings: Settings,
  startedAt: number,
  chance: Seed.Chance
): Story => {
  const draw = chance.next()
  const word = chance.weighted(carrier.failures)
  const outage = settings.carrierOutages.find(
    ({ carrier: name, from, until }) =>
      name === carrier.name && story.finalAt >= startedAt + from && story.finalAt < startedAt + until
  )
  return silenced(
    outage === undefined ? story : keptBack(story, outage, startedAt, draw, word),
    carrier,
    settings,
    startedAt
  )
}

const keptBack = (
  story: Story,
  { failed, from, until }: Settings["carrierOutages"][number],
  startedAt: number,
  draw: number,
  word: string
): Story => {
  const finalAt = startedAt + until + Math.floor((story.finalAt - startedAt - from) * burst)
  if (story.fate !== "delivered" || draw >= failed) return { ...story, finalAt }
  return {
    ...story,
    finalAt,
    fate: "failed",
    arrived: false,
    outcome: { status: "failed", statusDetails: word },
    contradiction: story.contradiction === undefined ? undefined : { status: "delivered" }
  }
}

const silenced = (story: Story, carrier: Carrier, settings: Settings, startedAt: number): Story =>
  settings.silences.some(({ carrier: name, from }) => name === carrier.name && story.finalAt >= startedAt + from) &&
  story.outcome !== undefined
    ? { ...story, fate: "never", finalAt: Number.POSITIVE_INFINITY, outcome: undefined, contradiction: undefined }
    : story
