/**
 * What both sides of the benchmark are given: messages, and the pages that the platform answers for them. The same every
 * time.
 */
import type { Message } from "@dlrkit/core"

/** Receipts on a page, and messages of a contact: the most that one request may ask for. */
export const pageSize = 100

/** A message as it is registered before the clock starts. */
export type Ref = Message.MessageRef & {
  readonly messageId: string
  readonly externalContactId: string
  readonly carrier: string
}

const carriers = ["northern", "harbour", "meridian", "coastline", "uplink"]

/** What the platform says of a failed message. */
const details = ["INVALID_NUMBER", "CARRIER_REJECTED", "RATE_LIMITED", "NETWORK_ERROR", "SOMETHING_ELSE"]

/** One message in seven has failed. */
const detailOf = (index: number) => (index % 7 === 3 ? details[((index / 7) % details.length) | 0] : undefined)

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0")

/** Ids of the length that platforms give. */
const idOf = (index: number) => `${hex(index * 2654435761, 8).slice(-8)}-7d1c-4f0e-9b3a-${hex(index, 12)}`

/** The ids of the contacts: each has a page of messages. */
export const contacts = (pages: number): ReadonlyArray<string> =>
  Array.from({ length: pages }, (_, page) => `c0${hex(page, 6)}-52e1-4c0b-8a44-0000${hex(page, 8)}`)

/** The messages of one contact, in the order in which they are registered and asked for. */
export const messages = (contact: string, page: number, sentAt: number): ReadonlyArray<Ref> =>
  Array.from({ length: pageSize }, (_, position) => {
    const index = page * pageSize + position
    return {
      messageId: idOf(index),
      externalContactId: contact,
      carrier: carriers[index % carriers.length] as string,
      to: `+1555${String(index).padStart(7, "0")}`,
      sentAt
    }
  })

/** The platform's answer for a contact's messages: all of them, delivered or failed. */
export const answer = (page: number): string =>
  JSON.stringify({
    entities: Array.from({ length: pageSize }, (_, position) => {
      const index = page * pageSize + position
      const statusDetails = detailOf(index)
      return {
        id: idOf(index),
        status: statusDetails === undefined ? "delivered" : "failed",
        ...(statusDetails === undefined ? {} : { statusDetails }),
        routingStatus: "routed",
        externalMessageId: `sms-ext-${String(index).padStart(9, "0")}`,
        createdDate: "2026-11-23T12:00:00.000Z"
      }
    })
  })
