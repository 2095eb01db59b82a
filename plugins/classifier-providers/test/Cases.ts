/**
 * Receipts and what they mean: the cases of the carriers' receipts that are these profiles' own, by their numbers, and more
 * that follow from the same sources.
 */
import type { DeliveryReceipt } from "@dlrkit/core"

export interface Case {
  readonly id: string
  /** Absent where the payload shows whose it is. */
  readonly profile: string | undefined
  readonly payload: unknown
  readonly previous?: ReadonlyArray<DeliveryReceipt.State>
  /** State, cause, retryable. */
  readonly means: string
}

const of =
  (profile: string | undefined) =>
  (id: string, payload: unknown, means: string, ...previous: ReadonlyArray<DeliveryReceipt.State>): Case => ({
    id,
    profile,
    payload,
    means,
    ...(previous.length === 0 ? {} : { previous })
  })

const twilio = of("twilio")
const vonage = of("vonage")
const infobip = of("infobip")
const sinch = of("sinch")
const telnyx = of("telnyx")
const bandwidth = of("bandwidth")
const aws = of("aws-end-user-messaging")
const azure = of("azure-communication-services")
const plivo = of("plivo")
const firetext = of("firetext")
const kpn = of("kpn")
const mmg = of("mmg")
const bird = of("bird")
const jasmin = of("jasmin")
const kannel = of("kannel")
const kaleyra = of("kaleyra")
const zipwhip = of("zipwhip")
const nobody = of(undefined)

const event = (level: string, code: string) => ({ Level: level, Payload: JSON.stringify({ error_code: code }) })

const error = (groupId: number, id: number, more: object = {}) => ({
  status: { groupId: 2, id: 9 },
  error: { groupId, id, ...more }
})

export const cases: ReadonlyArray<Case> = [
  twilio("T47", { MessageStatus: "sending", ErrorCode: "30005" }, "in_progress"),
  twilio("T49", { MessageStatus: "undelivered", ErrorCode: "30005" }, "failed invalid_number no"),
  twilio("T49 as a form", "MessageStatus=undelivered&ErrorCode=30005", "failed invalid_number no"),
  twilio("T51", { MessageStatus: "undelivered", ErrorCode: "30007" }, "failed content_filtered no"),
  twilio("T52", { MessageStatus: "undelivered", ErrorCode: "30008" }, "failed unexplained after"),
  twilio("T54", { MessageStatus: "failed", ErrorCode: "30023" }, "failed quota_exceeded after"),
  twilio("T56", event("WARNING", "30026"), "ignore"),
  twilio("T57", { MessageStatus: "failed", ErrorCode: "30450" }, "failed fraud_blocked after"),
  twilio("T59", { status: 400, code: 21610 }, "failed opted_out no"),
  twilio("T61", { MessageStatus: "received", ErrorCode: "30038" }, "ignore"),
  twilio("T61 also", { MessageStatus: "received", ErrorCode: "30039" }, "ignore"),
  twilio("T62", { MessageStatus: "undelivered", ErrorCode: "30999" }, "failed unexplained after"),
  twilio("T114", { MessageStatus: "undelivered", ErrorCode: "30008" }, "failed unexplained after", "in_progress"),
  twilio("an error event", event("ERROR", "30007"), "failed content_filtered no"),
  twilio("an error event of a new code", event("ERROR", "30999"), "failed unexplained after"),
  twilio("an error event of the caller's webhook", event("ERROR", "11200"), "ignore"),
  twilio("an error event of an inbound message", event("ERROR", "30038"), "ignore"),
  twilio("an error event of a vetting", event("ERROR", "30886"), "ignore"),
  twilio("a warning of a code that fails elsewhere", event("WARNING", "30018"), "ignore"),
  twilio("an event without a code", { Level: "ERROR", Payload: "{}" }, "ignore"),
  twilio("too many calls", { status: 429, code: 20429 }, "failed rate_limited after"),
  twilio("a refusal without a code", { status: 503 }, "failed unexplained after"),
  twilio("no code", { MessageStatus: "undelivered", ErrorCode: "" }, "failed unexplained after"),
  twilio(
    "a message of the API",
    { sid: "SM1", status: "undelivered", error_code: 30003 },
    "failed handset_unreachable after"
  ),
  twilio("an inbound message of the API", { sid: "SM1", status: "received", direction: "inbound" }, "ignore"),
  twilio("a warning's code on a failure", { MessageStatus: "failed", ErrorCode: "30026" }, "failed unexplained after"),
  twilio("cancelled", { MessageStatus: "canceled" }, "failed cancelled no"),
  twilio("a new word", { MessageStatus: "teleported" }, "nobody knows"),

  vonage("T66", { messages: [{ status: "9" }] }, "failed account_problem no"),
  vonage("T67", { status: "accepted", "err-code": "7" }, "in_progress"),
  vonage("T69", { status: "failed", "err-code": "3" }, "failed invalid_number no"),
  vonage("T71", { status: "rejected", "err-code": "15" }, "failed recipient_barred after"),
  vonage("delivered", { status: "delivered", "err-code": "0" }, "delivered"),
  vonage("zero says nothing of a failure", { status: "failed", "err-code": "0" }, "failed unexplained after"),
  vonage("nor of a refusal", { status: "rejected", "err-code": "0" }, "failed refused_unspecified no"),
  vonage("a new code", { status: "failed", "err-code": "77" }, "failed unexplained after"),
  vonage("an unknown end", { status: "unknown", "err-code": "1" }, "unconfirmed"),
  vonage("a submission", { messages: [{ status: "0" }] }, "in_progress"),
  vonage("a part that was refused", { messages: [{ status: "0" }, { status: "1" }] }, "failed rate_limited after"),
  vonage("a new submission status", { messages: [{ status: "98" }] }, "failed unexplained after"),
  vonage("a part by itself", { "message-id": "1", status: "0" }, "in_progress"),
  vonage("a busy handset", { status: "failed", "err-code": "7" }, "failed handset_unreachable after"),

  infobip("T72", { status: { groupId: 5, id: 6 }, error: { groupId: 0, id: 0 } }, "failed routing_failure no"),
  infobip("T74", error(2, 603, { name: "EC_CONTENT_BLOCKED", permanent: true }), "failed opted_out no"),
  infobip("T76", error(1, 628, { permanent: true }), "failed handset_unreachable after"),
  infobip("T77", error(1, 581, { permanent: false }), "failed recipient_barred after"),
  infobip("T79", { status: { groupId: 4, id: 29 } }, "unconfirmed"),
  infobip("in a list of one", { results: [error(1, 1)] }, "failed invalid_number no"),
  infobip("a family without a group", error(2, 4121), "failed sender_unregistered no"),
  infobip("one id in two groups", error(2, 4102), "failed platform_error after"),
  infobip("the other group", error(3, 4102), "failed platform_error yes"),
  infobip("an error that is unconfirmed", error(3, 815), "unconfirmed"),
  infobip("a new error", error(1, 9999), "failed unexplained after"),
  infobip(
    "a new error on an expired message",
    { status: { groupId: 4, id: 15 }, error: { groupId: 1, id: 9999 } },
    "failed expired after"
  ),
  infobip("a new status of a known group", { status: { groupId: 5, id: 999 } }, "failed unexplained after"),
  infobip("a stale error", { status: { groupId: 3, id: 5 }, error: { groupId: 1, id: 1 } }, "delivered"),
  infobip("delivered to the operator only", { status: { groupId: 3, id: 2 } }, "in_progress"),
  infobip("pending", { status: { groupId: 1, id: 26 } }, "in_progress"),
  infobip("a group by its name", { status: { groupName: "DELIVERED", id: 5 } }, "delivered"),
  infobip("a group that is new", { status: { groupId: 9, id: 1 } }, "nobody knows"),

  sinch("a code", { status: "Failed", code: 403 }, "failed platform_error yes"),
  sinch("a code of a stale kind", { status: "Failed", code: 401 }, "failed unexplained after"),
  sinch("zero", { status: "Failed", code: 0 }, "failed unexplained after"),
  sinch("a word that tells", { status: "Expired" }, "failed expired after"),
  sinch("a code beside a word", { status: "Aborted", code: 405 }, "failed message_invalid no"),
  sinch("on its way", { status: "Dispatched", code: 401 }, "in_progress"),
  sinch("unknown", { status: "Unknown" }, "unconfirmed"),
  sinch("a batch of one", { statuses: [{ code: 402, status: "Rejected", count: 1 }] }, "failed routing_failure no"),
  sinch(
    "a conversation",
    { message_delivery_report: { status: "FAILED", reason: { code: "RATE_LIMITED" } } },
    "failed rate_limited after"
  ),
  sinch("a conversation that was read", { message_delivery_report: { status: "READ" } }, "delivered"),

  telnyx("T84", { status: "delivery_failed", errors: [{ code: "40002" }] }, "failed content_filtered after"),
  telnyx("a stale code", { status: "delivered", errors: [{ code: "40002" }] }, "delivered"),
  telnyx(
    "the first code that is known",
    { status: "delivery_failed", errors: [{ code: "49999" }, { code: "40300" }] },
    "failed opted_out no"
  ),
  telnyx("a refused call", { errors: [{ code: "40310", title: "Invalid 'to' address" }] }, "failed invalid_number no"),
  telnyx("without a receipt", { status: "delivery_unconfirmed" }, "unconfirmed"),
  telnyx("expired", { to: [{ status: "expired" }], errors: [] }, "failed expired after"),
  telnyx("a new code", { status: "sending_failed", errors: [{ code: "49999" }] }, "failed unexplained after"),

  bandwidth("T86", { type: "message-failed", errorCode: 4720 }, "failed invalid_number no"),
  bandwidth("T87", { type: "message-failed", errorCode: 4750 }, "failed refused_unspecified no"),
  bandwidth("T89", { type: "message-failed", errorCode: 5600 }, "failed rate_limited after"),
  bandwidth("in a list of one", [{ type: "message-failed", errorCode: 4720 }], "failed invalid_number no"),
  bandwidth("a receipt that never came", { type: "message-failed", errorCode: 9902 }, "unconfirmed"),
  bandwidth("delivered", { type: "message-delivered" }, "delivered"),
  bandwidth("an inbound message", { type: "message-received" }, "ignore"),
  bandwidth("a new code", { type: "message-failed", errorCode: 4999 }, "failed unexplained after"),

  aws("T91", { eventType: "TEXT_SUCCESSFUL", isFinal: true }, "delivered"),
  aws("T92", { messageStatus: "UNKNOWN", isFinal: true }, "unconfirmed"),
  aws("T94", { eventType: "TEXT_PROTECT_BLOCKED", isFinal: true }, "failed fraud_blocked no"),
  aws("not final", { eventType: "TEXT_SUCCESSFUL", isFinal: false }, "in_progress"),
  aws("a failure that is not final", { eventType: "TEXT_UNREACHABLE", isFinal: false }, "in_progress"),
  aws("both words", { eventType: "TEXT_SPAM", messageStatus: "SPAM", isFinal: true }, "failed content_filtered no"),
  aws("a message status alone", { messageStatus: "TTL_EXPIRED", isFinal: true }, "failed expired after"),
  aws("the status that says more", { eventType: "TEXT_BLOCKED", messageStatus: "OPTED_OUT" }, "failed opted_out no"),
  aws(
    "prose, whole",
    { status: "FAILURE", delivery: { providerResponse: "Phone has blocked SMS" } },
    "failed refused_unspecified no"
  ),
  aws(
    "prose that is longer",
    { status: "FAILURE", delivery: { providerResponse: "Phone has blocked SMS today" } },
    "failed unexplained after"
  ),

  azure(
    "T96",
    { deliveryStatus: "Failed", deliveryStatusDetails: { statusMessage: "4010" } },
    "failed sender_unregistered no"
  ),
  azure(
    "T97",
    { deliveryStatus: "Failed", deliveryStatusDetails: { statusMessage: "4006" } },
    "failed handset_unreachable after"
  ),
  azure(
    "no receipts there",
    { deliveryStatus: "Failed", deliveryStatusDetails: { statusMessage: "5002" } },
    "unconfirmed"
  ),
  azure("delivered", { deliveryStatus: "Delivered", deliveryStatusDetails: { statusMessage: "2000" } }, "delivered"),
  azure(
    "a new code",
    { deliveryStatus: "Failed", deliveryStatusDetails: { statusMessage: "4999" } },
    "failed unexplained after"
  ),
  azure("prose", { deliveryStatus: "Failed", deliveryStatusDetails: "No error." }, "failed unexplained after"),

  plivo("T101", { Status: "undelivered", ErrorCode: "900" }, "failed account_problem no"),
  plivo("zeros", { Status: "delivered", ErrorCode: "000" }, "delivered"),
  plivo("zeros on a failure", { Status: "failed", ErrorCode: "000" }, "failed unexplained after"),
  plivo("digits count", { Status: "failed", ErrorCode: "0900" }, "failed unexplained after"),

  firetext("T99", { status: "1" }, "failed unexplained after", "in_progress"),
  firetext("declined at once", { status: "1" }, "failed unexplained no"),
  firetext("a code", { status: "1", code: "101" }, "failed invalid_number no"),
  firetext("no error reported", { status: "1", code: "000" }, "failed unexplained after"),
  firetext("a new code", { status: "1", code: "999" }, "failed unexplained after"),
  firetext("pending", { status: "2" }, "in_progress"),
  firetext("delivered", { status: "0", code: "000" }, "delivered"),

  kpn("T46", { error: "008" }, "failed invalid_number no"),
  kpn("digits count", { error: "8" }, "failed unexplained after"),
  kpn("state before cause", { status: "1", error: "008" }, "delivered"),
  kpn("expired", { status: 6 }, "failed expired after"),
  kpn("rejected", { status: "Rejected" }, "failed refused_unspecified no"),

  mmg("a substatus", { status: "4", substatus: "6" }, "failed handset_unreachable after"),
  mmg("the same substatus", { status: "5", substatus: "6" }, "failed routing_failure no"),
  mmg("to the operator only", { status: "3", substatus: "2" }, "in_progress"),
  mmg("delivered", { status: "3" }, "delivered"),
  mmg("temporary", { status: "4" }, "failed unexplained after"),
  mmg("permanent", { status: "5" }, "failed unexplained no"),
  mmg("an invalid receipt", { status: "4", substatus: "29" }, "unconfirmed"),

  bird(
    "the source's code",
    { status: "delivery_failed", failure: { code: 15001, source: { code: "1" } } },
    "failed invalid_number no"
  ),
  bird("the failure's own code", { status: "delivery_failed", failure: { code: 15001 } }, "failed unexplained after"),
  bird("a reason", { status: "delivery_failed", statusReason: "Unknown Subscriber" }, "failed invalid_number no"),
  bird(
    "a reason within the status",
    { status: { status: "delivery_failed", reason: "DLR not received" } },
    "unconfirmed"
  ),
  bird(
    "a reason that nobody knows",
    { status: "delivery_failed", reason: "the dog ate it" },
    "failed unexplained after"
  ),

  jasmin("delivered", { message_status: "DELIVRD", level: "2", err: "002" }, "delivered"),
  jasmin("a route's own number", { message_status: "UNDELIV", err: "005" }, "failed unexplained after"),
  jasmin("a word that tells", { message_status: "EXPIRED", err: "005" }, "failed expired after"),
  jasmin("a refused submission", { message_status: "ESME_RTHROTTLED", level: "1" }, "failed unexplained after"),
  jasmin("an accepted one", { message_status: "ESME_ROK", level: "1" }, "in_progress"),

  kannel("delivered", { type: "1" }, "delivered"),
  kannel("refused", { "dlr-type": 16 }, "failed refused_unspecified no"),
  kannel("failed", "dlr=2&id=5", "failed unexplained after"),

  kaleyra("a trace code", { status: "Undelivered", trace_code: "MOB-OFF" }, "failed handset_unreachable after"),
  kaleyra("by its other name", { status: "Undelivered", status_trace: "CON-DND" }, "failed opted_out no"),
  kaleyra("without a receipt", { status: "SENT - NO DLR" }, "unconfirmed"),
  kaleyra("a new trace code", { status: "Undelivered", trace_code: "NEW" }, "failed unexplained after"),

  zipwhip("a STOP", { send_code: -1234 }, "failed opted_out no"),
  zipwhip("progress", { progress_code: 1 }, "in_progress"),
  zipwhip("zero is a state", { progress_code: 0 }, "unconfirmed"),
  zipwhip("either", { statusCode: -801 }, "failed content_filtered no"),

  nobody(
    "T64",
    { error: "Invalid phone number returned upstream, temporary lookup failure, will retry" },
    "failed network_failure after"
  ),
  nobody("a dead number in prose", { error: "Invalid phone number" }, "failed invalid_number no"),
  nobody("a STOP in prose", { error: "Recipient has opted out; try again later" }, "failed opted_out no"),
  nobody("prose without a marker", { error: "The dog ate message 30005" }, "failed unexplained after")
]
