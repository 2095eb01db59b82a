/**
 * Receipt profiles: how a provider's own payloads are read.
 *
 * A profile is the name of a code list (`twilio`, `smpp`): the same number means opposite things in two of them. Its
 * reader turns a payload, as the provider sends it, into a {@link DeliveryReceipt}; what the receipt means, a classifier
 * says. A reader throws nothing, ignores what it does not know, and gives `undefined` for what is no receipt of its
 * profile. It is pure.
 *
 * @module
 */
import type { DeliveryReceipt, State } from "./DeliveryReceipt.ts"
import * as Spelling from "./Spelling.ts"

/** A receipt as a payload tells it, with what only its reader may know of the recipient. */
export interface ReadReceipt {
  readonly receipt: DeliveryReceipt
  /** The recipient's number, where the payload holds it. It is not kept. */
  readonly recipient?: string | undefined
}

/** What whoever hands over a payload knows of it. */
export interface ReadContext {
  /** Which of the profile's code lists the code belongs to, where two use the same numbers. */
  readonly field?: string | undefined
}

/** How the payloads of one profile are read. */
export interface ReceiptProfile {
  /** As `--profile` names it. */
  readonly name: string
  /** Reads a payload: an object, or a text as it came. `undefined` where it is no receipt of this profile. */
  readonly read: (payload: unknown, context: ReadContext) => ReadReceipt | undefined
  /** Whether a payload shows by its form that it is of this profile and no other; never by a bare number. */
  readonly recognizes?: ((payload: unknown) => boolean) | undefined
}

/** A payload, and what is known of it. */
export interface Payload extends ReadContext {
  /** Absent where the payload itself has to show whose it is. */
  readonly profile?: string | undefined
  readonly payload: unknown
  /** What the message's earlier receipts said, oldest first. */
  readonly previous?: ReadonlyArray<State> | undefined
}

/** What to tell whoever names a profile that there is not: which one may be meant, and which there are. */
export const noneNamed = (name: string, names: ReadonlyArray<string>): string => {
  const meant = Spelling.nearest(name, names)
  const advice = meant === undefined ? "the" : `did you mean ${meant}? The`
  return `there is no profile ${JSON.stringify(name)}: ${advice} profiles are ${names.join(", ")}`
}

/** Reads a payload with the first of the profiles that it is of; a text says why none can. */
export const read = (
  profiles: ReadonlyArray<ReceiptProfile>,
  { field, payload, previous, profile: name }: Payload
): ReadReceipt | string => {
  const profile = profiles.find((one) =>
    name === undefined ? one.recognizes?.(payload) === true : one.name.toLowerCase() === name.trim().toLowerCase()
  )
  if (profile === undefined) {
    return name === undefined
      ? "the receipt does not show whose it is: name its profile"
      : noneNamed(
          name,
          profiles.map((one) => one.name)
        )
  }
  const found = profile.read(payload, { field })
  if (found === undefined) return `it is no receipt of the profile ${profile.name}`
  if (field === undefined && previous === undefined) return found
  const receipt = {
    ...found.receipt,
    ...(field === undefined ? {} : { field }),
    ...(previous === undefined ? {} : { previous })
  }
  return { ...found, receipt }
}
