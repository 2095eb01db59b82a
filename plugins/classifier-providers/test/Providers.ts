/** What the tests share: every provider with its list, and one way to classify a payload. */
import { Classifier, type CodeTable, type DeliveryReceipt, ReceiptProfile } from "@dlrkit/core"
import { assert } from "@effect/vitest"
import * as AwsEndUserMessaging from "../src/AwsEndUserMessaging.ts"
import * as AzureCommunicationServices from "../src/AzureCommunicationServices.ts"
import * as Bandwidth from "../src/Bandwidth.ts"
import * as Bird from "../src/Bird.ts"
import * as Clickatell from "../src/Clickatell.ts"
import * as Firetext from "../src/Firetext.ts"
import * as Infobip from "../src/Infobip.ts"
import * as Providers from "../src/index.ts"
import * as Jasmin from "../src/Jasmin.ts"
import * as Kaleyra from "../src/Kaleyra.ts"
import * as Kannel from "../src/Kannel.ts"
import * as Kpn from "../src/Kpn.ts"
import * as Mmg from "../src/Mmg.ts"
import * as Plivo from "../src/Plivo.ts"
import * as Sinch from "../src/Sinch.ts"
import * as Telnyx from "../src/Telnyx.ts"
import * as Twilio from "../src/Twilio.ts"
import * as Vonage from "../src/Vonage.ts"
import * as Zipwhip from "../src/Zipwhip.ts"

/** Every provider that has a list. */
export const lists: ReadonlyArray<CodeTable.CodeList> = [
  AwsEndUserMessaging,
  AzureCommunicationServices,
  Bandwidth,
  Bird,
  Clickatell,
  Firetext,
  Infobip,
  Jasmin,
  Kaleyra,
  Kannel,
  Kpn,
  Mmg,
  Plivo,
  Sinch,
  Telnyx,
  Twilio,
  Vonage,
  Zipwhip
].map(({ list }) => list)

export const classifiers = Providers.classifiers()

export const profiles = classifiers.flatMap((classifier) => classifier.profiles ?? [])

/** What a receipt means; a classifier that throws fails the test. */
export const classify = (receipt: DeliveryReceipt.DeliveryReceipt) =>
  Classifier.classify(classifiers, receipt, ({ classifier, detail }) => assert.fail(`${classifier}: ${detail}`))

/** Reads a payload as `dlrkit classify` does; without a profile, the payload has to show whose it is. */
export const read = (
  profile: string | undefined,
  payload: unknown,
  previous?: ReadonlyArray<DeliveryReceipt.State>
): ReceiptProfile.ReadReceipt => {
  const found = ReceiptProfile.read(profiles, { profile, payload, previous })
  return typeof found === "string" ? assert.fail(`${found}: ${JSON.stringify(payload)}`) : found
}

/** State, cause and retryable, as one text. */
export const meaning = (
  profile: string | undefined,
  payload: unknown,
  previous?: ReadonlyArray<DeliveryReceipt.State>
): string => {
  const { cause, retryable, state } = classify(read(profile, payload, previous).receipt)
  return [state ?? "nobody knows", cause, retryable].filter((word) => word !== undefined).join(" ")
}
