/**
 * How the payloads of SMPP routes are read: a receipt's text; an object with the text, the TLVs and the `esm_class`; the
 * answer to a submission. All SMPP profiles share the form; the profile says whose numbers the codes are.
 *
 * @module
 */
import { type DeliveryReceipt, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import * as NetworkErrorCode from "./NetworkErrorCode.ts"
import * as Numbers from "./Numbers.ts"
import * as ReceiptText from "./ReceiptText.ts"
import * as Status from "./Status.ts"
import * as TpStatus from "./TpStatus.ts"

/** What is common to both payloads of a `deliver_sm`, and to the answer to a submission. */
interface SmppPayload {
  readonly text: ReceiptText.ReceiptText
  /** Of the TLVs, of whatever else is beside them, or of nothing. */
  readonly tlv: (name: string) => string | undefined
  readonly field: (name: string) => string | undefined
  /** The payload says by its form that it is of SMPP. */
  readonly isSmpp: boolean
}

/** No field of a PDU that is read here is longer; what is, is junk. */
const longest = 255

const shortOnly = (value: string | undefined) => (value === undefined || value.length > longest ? undefined : value)

const nothing = () => undefined

/** The fields of a PDU that may hold the receipt's text: long ones come as `message_payload`. */
const textFields = ["text", "short_message", "message_payload"]

const payloadOf = (payload: unknown): SmppPayload | undefined => {
  const isText = typeof payload === "string" && !payload.trimStart().startsWith("{")
  const fields = isText ? undefined : PayloadFields.of(payload)
  if (fields === undefined) {
    if (typeof payload !== "string") return undefined
    const text = ReceiptText.parse(payload)
    return { text, tlv: nothing, field: nothing, isSmpp: text.isReceipt }
  }
  const tlvs = fields.fields("tlvs")
  const texts = [...textFields.map((name) => fields.text(name)), tlvs?.text("message_payload")]
  const read = texts.map((one) => ReceiptText.parse(one ?? ""))
  const text = read.find(({ isReceipt }) => isReceipt) ?? ReceiptText.parse("")
  return {
    text,
    // Libraries also put the TLVs among the other fields.
    tlv: (name) => shortOnly(tlvs?.text(name) ?? fields.text(name)),
    field: (name) => shortOnly(fields.text(name)),
    isSmpp: text.isReceipt || tlvs !== undefined || fields.names.has("command_status")
  }
}

/** The type of message in an `esm_class` (SMPP 3.4 §5.2.12, bits 5 to 2): an intermediate notification. */
const isIntermediate = (esmClass: string | undefined) => esmClass !== undefined && (Number(esmClass) & 0x3c) === 0x20

/** A code, and the field that it stands in. */
interface Code {
  readonly code: string
  readonly field: string
}

/** Clickatell's list, which another package has, names one field for both, and pads no number. */
const ofClickatell = ({ code }: Code): Code => ({ code: code.replace(/^0+(?=\d+$)/, ""), field: "network_error_code" })

/**
 * The code beside a state: the TLV's, else the text's. Code 0 says nothing, on a failure either; and a code that the
 * profile's list knows goes before one that it does not.
 */
const codeOf = (profile: string, { text, tlv }: SmppPayload, list: string | undefined): Code | undefined => {
  const network = tlv("network_error_code")
  const codes: ReadonlyArray<Code> = [
    { code: network === undefined ? "" : NetworkErrorCode.codeOf(network), field: "network_error_code" },
    { code: text.err ?? "", field: "err" }
  ].filter(({ code }) => !/^0*$/.test(code))
  const code = codes.find((one) => Numbers.find(profile, one.code, list ?? one.field) !== undefined) ?? codes[0]
  return code !== undefined && profile === "clickatell" ? ofClickatell(code) : code
}

/** The answer to a submission: the state and the code in one number. */
const answer = (profile: string, { field }: SmppPayload): DeliveryReceipt.DeliveryReceipt | undefined => {
  const word = Status.ofCommandStatus(field("command_status") ?? "")
  if (word === undefined) return undefined
  const providerStatus = Status.written({ decides: word, against: undefined })
  if (word.entry?.row.state === "in_progress") return { profile, providerStatus, status: "sent" }
  return { profile, providerStatus, status: "failed", code: word.text, field: word.field }
}

const statusOf = ({ decides: { entry, isNumber } }: Status.Status): DeliveryReceipt.DeliveryReceipt["status"] => {
  // A number outside SMPP's range is told of failures (Kannel reads it so); of a word that nobody knows, nothing is known.
  if (entry === undefined) return isNumber ? "failed" : undefined
  return entry.row.state === "in_progress" ? "sent" : entry.row.state
}

const receiptOf = (
  profile: string,
  payload: SmppPayload,
  list: string | undefined
): DeliveryReceipt.DeliveryReceipt | undefined => {
  const { field, text, tlv } = payload
  const state = tlv("message_state")
  const status = Status.together(
    state === undefined ? undefined : Status.ofMessageState(state),
    text.stat === undefined ? undefined : Status.ofStat(text.stat)
  )
  // A PDU that is no answer has a command_status too.
  if (status === undefined) return answer(profile, payload)
  const id = tlv("receipted_message_id") ?? text.id
  const said = {
    profile,
    providerStatus: Status.written(status),
    ...codeOf(profile, payload, list),
    ...(id === undefined ? {} : { externalMessageId: id }),
    ...(text.doneAt === undefined ? {} : { occurredAt: text.doneAt }),
    ...(text.submittedAt === undefined ? {} : { sentAt: text.submittedAt })
  }
  // SMPP 3.4 tells the outcome by a delivery receipt alone; an intermediate notification tells how an attempt went, in the
  // same words. Whatever it says, the centre has not finished, and the receipt is still to come.
  if (isIntermediate(field("esm_class"))) return { ...said, status: "sent" }
  const means = statusOf(status)
  return { ...said, ...(means === undefined ? {} : { status: means }) }
}

const smpp = (name: string): ReceiptProfile.ReceiptProfile => ({
  name,
  read: (raw, { field }) => {
    const payload = payloadOf(raw)
    const receipt = payload && receiptOf(name, payload, field)
    if (receipt === undefined) return undefined
    // In a receipt the source is whoever was to get the message (SMPP 3.4 §4.6.1).
    const recipient = payload?.field("source_addr")
    return { receipt, ...(recipient === undefined ? {} : { recipient }) }
  }
})

const tpStatusOf = (payload: unknown) => PayloadFields.of(payload)?.text("tp_status")

/** The profiles. What shows itself as SMPP is `smpp`: whose numbers its codes are, it cannot show. */
export const profiles: ReadonlyArray<ReceiptProfile.ReceiptProfile> = [
  { ...smpp("smpp"), recognizes: (payload) => payloadOf(payload)?.isSmpp === true },
  ...["gsm-map", "twilio-smpp", "sinch-smpp", "clickatell"].map(smpp),
  {
    name: TpStatus.profile,
    read: (payload) => {
      const receipt = TpStatus.receiptOf(tpStatusOf(payload) ?? "")
      return receipt && { receipt }
    },
    recognizes: (payload) => TpStatus.receiptOf(tpStatusOf(payload) ?? "") !== undefined
  }
]
