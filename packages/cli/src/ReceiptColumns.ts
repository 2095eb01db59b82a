/**
 * Which columns of a console's table hold what of a receipt. Nothing else of a row is read: what a message says, and what
 * it cost, is nobody's business here.
 *
 * @module
 */
import * as Result from "effect/Result"

/** The columns by what they hold. */
export interface ReceiptColumns {
  /** The carrier's id of the message, */
  readonly id?: string | undefined
  /** the recipient's number, */
  readonly to?: string | undefined
  /** and when it happened. */
  readonly at?: string | undefined
  /** Fields of the payload as the profile's reader knows it; a dot leads into an object within (`status.id`). */
  readonly fields: ReadonlyMap<string, string>
}

/** What `status` and `code` are called in the payloads of a profile: as its receipts come by webhook. */
const payloadNames: Readonly<Record<string, { readonly status: string; readonly code: string }>> = {
  "aws-end-user-messaging": { status: "messageStatus", code: "code" },
  "azure-communication-services": { status: "deliveryStatus", code: "deliveryStatusDetails.statusMessage" },
  bandwidth: { status: "type", code: "errorCode" },
  bird: { status: "status", code: "failure.source.code" },
  "genesys-cloud": { status: "status", code: "reasons.code" },
  infobip: { status: "status.groupName", code: "error.id" },
  kaleyra: { status: "status", code: "trace_code" },
  kpn: { status: "status", code: "error" },
  mmg: { status: "status", code: "substatus" },
  plivo: { status: "Status", code: "ErrorCode" },
  telnyx: { status: "status", code: "errors.code" },
  twilio: { status: "MessageStatus", code: "ErrorCode" },
  vonage: { status: "status", code: "err-code" },
  zipwhip: { status: "progress_code", code: "send_code" }
}

/** Profiles whose payloads are texts: `stat:UNDELIV err:001`. */
const smpp: ReadonlySet<string> = new Set(["smpp", "gsm-map", "twilio-smpp", "sinch-smpp", "clickatell"])

/** The columns of the tables that consoles export. Twilio's message log also tells which way a message went. */
const consoles: Readonly<Record<string, string>> = {
  twilio: "id=Sid,to=To,at=SentDate,status=Status,code=ErrorCode,Direction=Direction"
}

const entry = /\s*([\w.-]+)\s*=\s*(?:"((?:[^"]|"")*)"|'([^']*)'|([^,"']*))\s*(?:,|$)/y

/** Reads `id=Sid,to=To,at="Date Sent"`; the failure is one line. */
const parseEntries = (text: string): Result.Result<ReadonlyArray<readonly [string, string]>, string> => {
  const entries: Array<readonly [string, string]> = []
  entry.lastIndex = 0
  while (entry.lastIndex < text.length) {
    const place = text.slice(entry.lastIndex)
    const found = entry.exec(text)
    const column = (found?.[2]?.replaceAll('""', '"') ?? found?.[3] ?? found?.[4] ?? "").trim()
    if (found === null || column === "") {
      return Result.fail(
        `--columns: ${JSON.stringify(place)} is no NAME=COLUMN: write id=Sid,at="Date Sent",status=Status`
      )
    }
    entries.push([found[1] as string, column])
  }
  return Result.succeed(entries)
}

/** What a table of a profile is read by: what the user says, and for the rest what is known of the profile's console. */
export interface ColumnMap {
  readonly columns: ReceiptColumns
  /** The names of the columns that the user named, and that must be there. */
  readonly named: ReadonlySet<string>
}

/** The columns that `--columns` names, over those of the profile's console where that is known. */
export const parse = (profile: string, text: string | undefined): Result.Result<ColumnMap, string> =>
  Result.map(parseEntries(text ?? ""), (given) => {
    const known = Result.getOrElse(parseEntries(consoles[profile] ?? ""), () => [])
    const byName = new Map([...known, ...given])
    const { id, to, at, ...rest } = Object.fromEntries(byName)
    const names: Readonly<Record<string, string>> = payloadNames[profile] ?? { status: "status", code: "code" }
    const fields = new Map(Object.entries(rest).map(([name, column]) => [names[name] ?? name, column]))
    return { columns: { id, to, at, fields }, named: new Set(given.map(([, column]) => column)) }
  })

/** A name as it is compared: `Date Sent` is `date_sent`. */
const folded = (name: string) => name.toLowerCase().replace(/[\s_-]+/g, "")

/** Where the columns are in a table's header, or why it cannot be read by them, in a few words. */
export const find = (
  { columns, named }: ColumnMap,
  header: ReadonlyArray<string>
): Result.Result<ReceiptPlaces, string> => {
  const places = header.map(folded)
  const placeOf = (column: string | undefined) => (column === undefined ? -1 : places.indexOf(folded(column)))
  const has = `it has ${header
    .slice(0, 20)
    .map((name) => JSON.stringify(name))
    .join(", ")}`
  for (const column of named) {
    if (placeOf(column) < 0) return Result.fail(`there is no column ${JSON.stringify(column)}: ${has}`)
  }
  const fields = Array.from(columns.fields, ([field, column]) => [field, placeOf(column)] as const).filter(
    ([, place]) => place >= 0
  )
  const found = { id: placeOf(columns.id), to: placeOf(columns.to), at: placeOf(columns.at), fields }
  if (fields.length === 0)
    return Result.fail(`no column of the status: name it, such as --columns status=Status; ${has}`)
  if (found.id < 0 && (found.to < 0 || found.at < 0)) {
    return Result.fail(
      `no column of the carrier's id: name it, such as --columns id=Sid, or those of the recipient and the time (to=To,at=SentDate); ${has}`
    )
  }
  return Result.succeed(found)
}

/** The places of the columns in a row; -1 where there is none. */
export interface ReceiptPlaces {
  readonly id: number
  readonly to: number
  readonly at: number
  readonly fields: ReadonlyArray<readonly [field: string, place: number]>
}

/** The payload that a row stands for, as the provider would send it. */
export const payloadOf = (profile: string, { fields }: ReceiptPlaces, cells: ReadonlyArray<string>): unknown => {
  const values = fields.flatMap(([field, place]) => {
    const value = cells[place]?.trim() ?? ""
    return value === "" ? [] : [[field, value] as const]
  })
  if (smpp.has(profile)) {
    const { code, status, ...others } = Object.fromEntries(values)
    const parts = {
      ...others,
      ...(status === undefined ? {} : { stat: status }),
      ...(code === undefined ? {} : { err: code })
    }
    return Object.entries(parts)
      .map(([name, value]) => `${name}:${value}`)
      .join(" ")
  }
  const payload: { [field: string]: unknown } = {}
  for (const [field, value] of values) put(payload, field.split("."), value)
  return payload
}

const put = (
  object: { [field: string]: unknown },
  [first = "", ...rest]: ReadonlyArray<string>,
  value: string
): void => {
  if (rest.length === 0) {
    object[first] = value
    return
  }
  const within = object[first]
  const inner = typeof within === "object" && within !== null ? (within as { [field: string]: unknown }) : {}
  object[first] = inner
  put(inner, rest, value)
}
