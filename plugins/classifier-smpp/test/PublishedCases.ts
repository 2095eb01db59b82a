/**
 * The published cases of SMPP routes: receipts that people quoted in issues, documentation and tests, with what they mean.
 * Each has its source; what is constructed from it is in the shape of its payload.
 */
import type { Known } from "./Receipts.ts"

/** A receipt and what it means. */
export interface Case extends Known {
  readonly id: string
  readonly receipt: unknown
  readonly expected: string
  readonly source: string
}

export const cases: ReadonlyArray<Case> = [
  {
    id: "T01",
    profile: "smpp",
    receipt:
      "id:0000000012345678 sub:001 dlvrd:001 submit date:1601010100 done date:1601010101 stat:DELIVRD err:000 text:none",
    expected: "delivered",
    source: "https://help.nexmo.com/hc/en-us/articles/215468998-How-to-read-a-Nexmo-SMPP-Delivery-Receipt-"
  },
  {
    id: "T02",
    profile: "smpp",
    receipt:
      "id:64567564356765435676 sub:001 dlvrd:001 submit date:190608165232 done date:190608165237 stat:DELIVRD err:000 text:Hello World",
    expected: "delivered",
    source: "https://smppcenter.com/kb/how-read-smpp-delivery-receipt"
  },
  {
    id: "T04",
    profile: "smpp",
    receipt:
      "sub:001 id:74e02ee1-4e2f-4a6e-a78b-4b247d756a22 err:000 dlvrd:001 done date:110206193110 submit date:110206193041 text: stat:DELIVRD",
    expected: "delivered",
    source:
      "https://github.com/fizzed/cloudhopper-smpp/blob/HEAD/src/test/java/com/cloudhopper/smpp/util/DeliveryReceiptTest.java"
  },
  {
    id: "T06",
    profile: "smpp",
    receipt: "id:4 sub:001 dlvrd:001 submit date:1006020051 done date:1006020051 stat:DELIVRD err:000 Text:Hello",
    expected: "delivered",
    source:
      "https://github.com/fizzed/cloudhopper-smpp/blob/HEAD/src/test/java/com/cloudhopper/smpp/util/DeliveryReceiptTest.java"
  },
  {
    id: "T07",
    profile: "smpp",
    receipt: "id:4 sub:001 dlvrd:001 submit date:1006020051 done date:1006020051 stat:delivrd err:000 text:Hello",
    expected: "delivered",
    source: "https://github.com/pruiz/kannel/blob/HEAD/gw/smsc/smsc_smpp.c"
  },
  {
    id: "T09",
    profile: "smpp",
    receipt: "stat:DELIVRD",
    expected: "delivered",
    source:
      "https://github.com/opentelecoms-org/jsmpp/blob/HEAD/jsmpp/src/test/java/org/jsmpp/util/DeliveryReceiptParserTest.java"
  },
  {
    id: "T11",
    profile: "smpp",
    receipt:
      "id:rdwjwxns18krxr9936ey96ymcw sub:000 dlvrd:000 submit date:180711070003912+ done date:180711070000012+ stat:UNDELIV err:000",
    expected: "failed unexplained after",
    source: "https://github.com/funbox/smppex/issues/46"
  },
  {
    id: "T12",
    profile: "smpp",
    receipt:
      "id:1216080510463401720 sub:001 dlvrd:001 submit date:1608051046 done date:0000000000 stat:FAILED err:002 Text:",
    expected: "failed unexplained after",
    source: "https://github.com/jookies/jasmin/issues/447"
  },
  {
    id: "T14",
    profile: "smpp",
    receipt:
      "id:117062714244798261 sub:001 dlvrd:001 submit date:1706271624 done date:1706271624 stat:DELIVRD err:0000 text:(0x05 0x00 0x03 ...)Hllo world",
    expected: "delivered",
    source: "https://github.com/onlinecity/php-smpp/issues/70"
  },
  {
    id: "T16",
    profile: null,
    receipt:
      "id:0911897980 sub:001 dlvrd:000 submit date:1201121551 done date:1201121551 stat:UNDELIV err:075 text:-PROFILE",
    expected: "failed unexplained after",
    source: "https://e-com-net.com/article/2299106.htm"
  },
  {
    id: "T17",
    profile: "smpp",
    receipt: "id:1 stat:BUFFRED err:000",
    expected: "in_progress",
    source: "https://github.com/opentelecoms-org/jsmpp/issues/9"
  },
  {
    id: "T19",
    profile: "smpp",
    receipt: "id:1 stat:ENROUTE err:000",
    expected: "in_progress",
    source: "https://github.com/opentelecoms-org/jsmpp/pull/53"
  },
  {
    id: "T21",
    profile: "smpp",
    receipt: "id:1 stat:EXPIRED err:000",
    expected: "failed expired after",
    source: "https://g.bajins.eu.org/pling/smpp-errors"
  },
  {
    id: "T22",
    profile: "smpp",
    receipt: "id:1 stat:DELETED err:000",
    expected: "failed cancelled no",
    source: "https://g.bajins.eu.org/pling/smpp-errors"
  },
  {
    id: "T24",
    profile: "smpp",
    receipt: "id:1 stat:UNKNOWN err:000",
    expected: "unconfirmed",
    source: "https://o2m.com.au/support/kb/message_status.php"
  },
  {
    id: "T26",
    profile: "smpp",
    receipt: { text: "", tlvs: { receipted_message_id: "38601fa", message_state: 8 } },
    expected: "failed refused_unspecified no",
    source: "https://github.com/praekeltfoundation/vumi/pull/637"
  },
  {
    id: "T27",
    profile: "smpp",
    receipt: { text: "stat:UNDELIV err:001", tlvs: { message_state: 2 } },
    expected: "delivered",
    source: "https://github.com/praekeltfoundation/vumi/pull/637"
  },
  {
    id: "T29",
    profile: "smpp",
    receipt: { text: "", tlvs: { message_state: 9 } },
    expected: "failed refused_unspecified no",
    source: "https://o2m.com.au/support/kb/message_status.php"
  },
  {
    id: "T31",
    profile: "smpp",
    receipt: { text: "", tlvs: { message_state: 200 } },
    expected: "failed unexplained after",
    source: "https://github.com/pruiz/kannel/blob/HEAD/gw/smsc/smsc_smpp.c"
  },
  {
    id: "T32",
    profile: "gsm-map",
    receipt: { text: "", tlvs: { message_state: 5, network_error_code: "03001B" } },
    expected: "failed handset_unreachable after",
    source: "https://github.com/pruiz/kannel/blob/HEAD/gw/smsc/smsc_smpp.c"
  },
  {
    id: "T36",
    profile: "smpp",
    receipt: "id:E999F21-81EF-4974-A414-3DE98174E3C7 stat:DELIVRD",
    expected: "delivered",
    source: "https://github.com/jookies/jasmin/issues/643"
  },
  {
    id: "T37",
    profile: "smpp",
    receipt: "id:SAR-2347039245475-1EEDF843-2-1 stat:UNDELIV",
    expected: "failed unexplained after",
    source: "https://github.com/jookies/jasmin/issues/418"
  },
  {
    id: "T39",
    profile: "smpp",
    receipt: { command_status: 20 },
    expected: "failed rate_limited after",
    source: "https://github.com/farhadi/node-smpp/blob/HEAD/lib/defs.js"
  },
  {
    id: "T41",
    profile: "smpp",
    receipt: { command_status: 1040 },
    route_codes: [{ field: "command_status", code: "0x410", cause: "sender_rejected" }],
    expected: "failed sender_rejected no",
    source: "https://raw.githubusercontent.com/api-evangelist/telia/refs/heads/main/errors/telia-error-codes.yml"
  },
  {
    id: "T42",
    profile: "gsm-map",
    receipt: "stat:UNDELIV err:001",
    expected: "failed invalid_number no",
    source: "https://gist.github.com/ovr/7bba0c7a079b7bbc320c5b01c39140b5"
  },
  {
    id: "T44",
    profile: "twilio-smpp",
    receipt: "stat:UNDELIV err:005",
    expected: "failed invalid_number no",
    source: "https://www.twilio.com/docs/smpp/error-codes"
  },
  {
    id: "T81",
    profile: "sinch-smpp",
    receipt: "stat:UNDELIV err:0",
    expected: "failed unexplained after",
    source: "https://developers.sinch.com/docs/sms/other/sms-other-http-basic"
  },
  {
    id: "T82",
    profile: "sinch-smpp",
    receipt: "stat:UNDELIV err:60",
    field: "err (US 10DLC)",
    expected: "failed sender_unregistered no",
    source: "https://developers.sinch.com/docs/sms/smpp/10dlc-errors"
  },
  {
    id: "T109",
    profile: "3gpp-tp-status",
    receipt: { tp_status: "0x01" },
    expected: "unconfirmed",
    source: "https://github.com/hbjorgo/ATLib"
  },
  {
    id: "T111",
    profile: "3gpp-tp-status",
    receipt: { tp_status: "0x61" },
    expected: "failed handset_unreachable after",
    source: "https://github.com/hbjorgo/ATLib"
  },
  {
    id: "T112",
    profile: "3gpp-tp-status",
    receipt: { tp_status: "0x3A" },
    expected: "in_progress",
    source: "https://github.com/hbjorgo/ATLib"
  },
  {
    id: "T116",
    profile: "smpp",
    receipt: { text: "stat:ENROUTE", esm_class: 32 },
    expected: "in_progress",
    source: "https://ssgdocs.melroselabs.com/docs/delivery-receipts-dlrs"
  }
]
