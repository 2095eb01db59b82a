/**
 * What the codes of SMS providers mean: a classifier for each, from its published list, and how its payloads are read.
 *
 * Each provider has a module of its own (`@dlrkit/classifier-providers/twilio`), for those who want no more than one.
 *
 * @module
 */
import type { Classifier } from "@dlrkit/core"
import * as AwsEndUserMessaging from "./AwsEndUserMessaging.ts"
import * as AzureCommunicationServices from "./AzureCommunicationServices.ts"
import * as Bandwidth from "./Bandwidth.ts"
import * as Bird from "./Bird.ts"
import * as Clickatell from "./Clickatell.ts"
import * as Firetext from "./Firetext.ts"
import * as Infobip from "./Infobip.ts"
import * as Jasmin from "./Jasmin.ts"
import * as Kaleyra from "./Kaleyra.ts"
import * as Kannel from "./Kannel.ts"
import * as Kpn from "./Kpn.ts"
import * as Mmg from "./Mmg.ts"
import * as Plivo from "./Plivo.ts"
import * as Prose from "./Prose.ts"
import * as Sinch from "./Sinch.ts"
import * as Telnyx from "./Telnyx.ts"
import * as Twilio from "./Twilio.ts"
import * as Vonage from "./Vonage.ts"
import * as Zipwhip from "./Zipwhip.ts"

const providers = [
  Twilio,
  Vonage,
  Infobip,
  Sinch,
  Telnyx,
  Bandwidth,
  Plivo,
  AwsEndUserMessaging,
  AzureCommunicationServices,
  Bird,
  Clickatell,
  Firetext,
  Jasmin,
  Kaleyra,
  Kannel,
  Kpn,
  Mmg,
  Zipwhip,
  Prose
]

/**
 * The classifiers of all providers, in a fixed order; free text comes last. Each answers for receipts of its own profile
 * alone.
 *
 * @example
 * ```ts
 * export default defineTracker({ classifiers: [...Providers.classifiers()] })
 * ```
 */
export const classifiers = (): ReadonlyArray<Classifier.Classifier> => providers.map(({ classifier }) => classifier())
