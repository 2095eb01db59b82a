/**
 * Chance without a state: the same seed and the same question give the same answer, in whichever process it is asked.
 *
 * @module
 */
import { createHash } from "node:crypto"

/** A number from 0 to 1 (not included) for what is asked about. */
export const draw = (seed: string, ...about: ReadonlyArray<string | number>): number =>
  createHash("sha256")
    .update([seed, ...about].join("\0"))
    .digest()
    .readUInt32BE() /
  2 ** 32
