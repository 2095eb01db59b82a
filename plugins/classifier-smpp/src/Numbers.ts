/**
 * Whose numbers `err` and `network_error_code` are: the lists of the profiles that have one.
 *
 * In these lists codes are numbers, which receipts pad to any width: `1`, `001` and the octets `00 01` are one code. The
 * type of network that `network_error_code` names beside it is not read: some centres say GSM whatever their numbers are
 * (https://docs.clickatell.com/archive/channels/sms-smpp-api-archived/smpp-api-standard-optional-parameters-tlvs/).
 *
 * @module
 */
import { CodeTable } from "@dlrkit/core"
import gsmMap from "./lists/gsm-map.json" with { type: "json" }
import sinch from "./lists/sinch-smpp.json" with { type: "json" }
import twilio from "./lists/twilio-smpp.json" with { type: "json" }

/** The lists. */
export const lists: ReadonlyArray<CodeTable.CodeList> = [gsmMap, twilio, sinch] as ReadonlyArray<CodeTable.CodeList>

/** The numbers of one list by field, in the list's order: the usual field first, a narrower one behind it. */
type Numbers = ReadonlyMap<string, ReadonlyMap<number, CodeTable.CodeEntry>>

const numbersOf = (list: CodeTable.CodeList): Numbers => {
  const table = CodeTable.make(list)
  const byField = new Map<string, Map<number, CodeTable.CodeEntry>>()
  for (const { code, field } of list.codes) {
    const name = field.toLowerCase()
    const numbers = byField.get(name) ?? new Map<number, CodeTable.CodeEntry>()
    byField.set(name, numbers)
    const entry = table.find(field, code)
    if (entry !== undefined) numbers.set(Number(code), entry)
  }
  return byField
}

const byProfile: ReadonlyMap<string, Numbers> = new Map(lists.map((list) => [list.profile, numbersOf(list)]))

const digits = /^\d{1,9}$/

/**
 * What a code says in a profile; `undefined` where its list has no such number, or where it has no list. Where `field`
 * names one of the list's own fields, that one goes first: it may be narrower, as Sinch's numbers of US 10DLC traffic are.
 */
export const find = (profile: string, code: string, field: string | undefined): CodeTable.CodeEntry | undefined => {
  const numbers = byProfile.get(profile)
  if (numbers === undefined || !digits.test(code)) return undefined
  const number = Number(code)
  const named = field === undefined ? undefined : numbers.get(field.trim().toLowerCase())?.get(number)
  if (named !== undefined) return named
  for (const list of numbers.values()) {
    const entry = list.get(number)
    if (entry !== undefined) return entry
  }
  return undefined
}
