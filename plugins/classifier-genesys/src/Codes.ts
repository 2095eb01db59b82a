/**
 * The codes of Genesys Cloud's public API: the reasons of normalized receipts (`InvalidDestination`) and the codes of SMS
 * receipts (`DEST_ADDR_INVALID`).
 *
 * Sources: `ConversationReason` and `RecordingMessageReceiptReason` of Genesys's Java SDK; the list of SMS receipt codes at
 * https://help.mypurecloud.com/articles/sms-delivery-receipts, read as far as `RECIPIENT_TEMP_FAILURE`. What the codes
 * mean is our reading of them.
 *
 * @module
 */
import type { Classifier, Taxonomy } from "@dlrkit/core"

/** What a code says, where that is not what follows from its cause. */
type Differs = Pick<Classifier.Verdict, "retryable" | "actor">

const table: ReadonlyArray<readonly [Taxonomy.Cause, ReadonlyArray<string>, Differs?]> = [
  ["invalid_number", ["InvalidDestination", "DEST_ADDR_INVALID", "DEST_TON_INVALID"]],
  [
    "unsupported_destination",
    ["UnsupportedMessage", "DEST_ADDR_COUNTRY_INVALID", "DEST_ADDR_IS_LANDLINE", "MESSAGE_TYPE_NOT_SUPPORTED"]
  ],
  ["opted_out", ["RecipientOptedOut", "RECIPIENT_OPTED_OUT", "RECIPIENT_BLOCKLISTED"], { actor: "recipient" }],
  ["content_filtered", ["DataFiltered"]],
  [
    "message_invalid",
    [
      "InvalidMessageStructure",
      "MediaTypeNotAllowed",
      "InvalidMediaContentLength",
      "DATA_CODING_SCHEME_INVALID",
      "GENERIC_CONTENT_ERROR",
      "MESSAGE_BODY_TOO_LONG",
      "MESSAGE_DATA_INVALID"
    ]
  ],
  ["rate_limited", ["RateLimited", "FLOW_CONTROL_TIMEOUT"]],
  ["quota_exceeded", ["RECIPIENT_FLOODED"]],
  ["account_problem", ["AUTHENTICATION_FAILED"], { actor: "platform" }],
  ["network_failure", ["CARRIER_CONGESTED", "CARRIER_PROTOCOL_ERROR", "OTHER_TEMPORARY_FAILURE"]],
  ["routing_failure", ["CARRIER_RESOLUTION_FAILURE", "CARRIER_RESOLUTION_TEMP_FAILURE"]],
  ["routing_failure", ["DEST_CARRIER_ID_INVALID"], { retryable: "no" }],
  ["platform_error", ["ServerError", "INTERNAL_SERVER_ERROR"]],
  ["expired", ["MessageExpired", "EXPIRED"]],
  ["handset_unreachable", ["RECIPIENT_BUSY", "RECIPIENT_HANDSET_TEMP_FAILURE", "RECIPIENT_TEMP_FAILURE"]],
  ["handset_unreachable", ["RECIPIENT_HANDSET_FAILURE"], { retryable: "no" }],
  ["refused_unspecified", ["MessageNotAllowed", "OPERATION_NOT_ALLOWED"], { actor: "sender" }],
  ["refused_unspecified", ["OTHER_PERMANENT_FAILURE"]],
  ["unexplained", ["GeneralError", "GENERAL_ERROR", "DEFAULT"]],
  ["unexplained", ["UnknownMessage"], { retryable: "no" }],
  ["unexplained", ["CARRIER_DELIVERY_FAILED"], { actor: "carrier" }]
]

/** Over the API their case is not sure: `DestAddrInvalid` is the same code. */
const same = (code: string) => code.toUpperCase().replace(/[^A-Z0-9]/g, "")

const verdicts: ReadonlyMap<string, Classifier.Verdict> = new Map([
  ...table.flatMap(([cause, codes, differs = {}]) =>
    codes.map((code): readonly [string, Classifier.Verdict] => [same(code), { state: "failed", cause, ...differs }])
  ),
  // No receipt came in time: the message may have arrived.
  [same("NETWORK_TIMEOUT"), { state: "unconfirmed" }] as const
])

/** What a code means; `undefined` where it is unknown. The rule is the code itself. */
export const verdictOf = (code: string): Classifier.Verdict | undefined => {
  const verdict = verdicts.get(same(code))
  return verdict === undefined ? undefined : { ...verdict, rule: code }
}
