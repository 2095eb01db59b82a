/**
 * Infobip: delivery reports. `status.id` and `error.id` share numbers but not meanings, so that a row is found by field,
 * group and id together.
 *
 * @module
 */
import { type Classifier, CodeTable, type DeliveryReceipt, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/infobip.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Infobip's codes (https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes). */
export const list: CodeTable.CodeList = table.list

const statusField = (group: string) => `status.id (groupId ${group})`

const errorField = (group: string) => `error.id (groupId ${group})`

const errorFields = [...new Set(list.codes.map(({ field }) => field))].filter((field) => field.startsWith("error.id"))

/** The groups of statuses, as names and as numbers. */
const groups: Readonly<Record<string, readonly [id: string, state: DeliveryReceipt.State]>> = {
  ACCEPTED: ["0", "in_progress"],
  PENDING: ["1", "in_progress"],
  UNDELIVERABLE: ["2", "failed"],
  DELIVERED: ["3", "delivered"],
  EXPIRED: ["4", "failed"],
  REJECTED: ["5", "failed"]
}

const stateOfGroup = new Map(Object.values(groups))

/** Where the list has an error: under its group, else in the only field that has its id (`DLT` and `MMS` have no group). */
const fieldOf = (group: string, id: string): string => {
  const own = errorField(group)
  if (table.find(own, id) !== undefined) return own
  const [field, ...more] = errorFields.filter((other) => table.find(other, id) !== undefined)
  return field === undefined || more.length > 0 ? own : field
}

/** The word that a receipt keeps, `group/id`, and where the list has it. */
const wordOf = (group: string, id: string | undefined) => (id === undefined ? group : `${group}/${id}`)

const statusOf = (word: string): CodeTable.CodeEntry | undefined => {
  const [group, id] = word.split("/")
  return group === undefined || id === undefined ? undefined : table.find(statusField(group), id)
}

/** The report, alone or in the list that Infobip sends it in. */
const reportOf = (fields: PayloadFields.PayloadFields): PayloadFields.PayloadFields | undefined => {
  for (const name of ["results", "messages"]) {
    if (!fields.names.has(name)) continue
    const reports = fields.list(name)
    return reports.length === 1 ? reports[0] : undefined
  }
  return fields
}

/** An id is a number. */
const idIn = (fields: PayloadFields.PayloadFields | undefined): string | undefined => {
  const id = fields?.text("id")
  return id !== undefined && /^\d{1,9}$/.test(id) ? id : undefined
}

const toldBy = (report: PayloadFields.PayloadFields): ProviderReceipt.Told | undefined => {
  const status = report.fields("status")
  const name = status?.text("groupName")?.toUpperCase() ?? ""
  const group = status?.text("groupId") ?? (Object.hasOwn(groups, name) ? groups[name]?.[0] : undefined)
  if (status === undefined || group === undefined) return undefined
  const id = idIn(status)
  const word = wordOf(group, id)
  const error = report.fields("error")
  const errorId = idIn(error) ?? "0"
  const isError = !/^0+$/.test(errorId)
  return {
    word,
    state: statusOf(word)?.row.state ?? stateOfGroup.get(group),
    code: isError ? errorId : id,
    field: isError ? fieldOf(error?.text("groupId") ?? "0", errorId) : statusField(group),
    id: report.text("messageId"),
    at: epochOf(report.text("doneAt")),
    sentAt: epochOf(report.text("sentAt")),
    to: report.text("to")
  }
}

const read = (payload: unknown): ProviderReceipt.Told | undefined => {
  const fields = PayloadFields.of(payload)
  const report = fields && reportOf(fields)
  return report && toldBy(report)
}

/** How Infobip's payloads are read. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const told = read(payload)
    return told && ProviderReceipt.make(list.profile, told)
  },
  recognizes: (payload) => read(payload) !== undefined
}

/** The classifier for receipts of the profile `infobip`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({ table, statusFields: [], statusOf, profiles: [profile] })
