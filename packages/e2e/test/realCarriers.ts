/**
 * Carriers as they are: of a hundred receipts 85 come within seconds, 10 within minutes, 3 within hours and 2 never.
 *
 * @module
 */
import type { Play } from "./virtual.ts"

type Carriers = NonNullable<Play["simulator"]["carriers"]>

const hour = 3_600_000

/** Five of them, all alike. */
export const carriers = ["east", "west", "north", "south", "middle"].map((name) => ({
  name,
  weight: 1,
  from: "+12065550142",
  delay: [
    { weight: 85, median: 5000, spread: 1 },
    { weight: 10, median: 180_000, spread: 1 },
    { weight: 3, median: 2 * hour, spread: 0.7 }
  ],
  failed: 0.05,
  never: 0.02,
  missing: 0,
  failures: [
    ["DEST_ADDR_INVALID", 3],
    ["CARRIER_CONGESTED", 1]
  ]
})) as unknown as Carriers
