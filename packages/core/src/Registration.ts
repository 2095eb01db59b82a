/**
 * What registering messages does to those that the journal has. Pure: the journal runs it inside a transaction.
 *
 * @module
 */
import type { Change } from "./AppliedPage.ts"
import * as Deadlines from "./Deadlines.ts"
import { type CarrierOrigin, type MessageRef, nameOf, type TrackedMessage } from "./Message.ts"
import * as Names from "./Names.ts"
import * as StateMachine from "./StateMachine.ts"
import { type EventBody, isoTime } from "./TrackingEvent.ts"

/** A message to be registered, with what the configuration says of it. */
export interface Registration {
  readonly ref: MessageRef
  readonly source: string
  readonly group: string
  readonly carrier: string
  readonly carrierOrigin: CarrierOrigin
  /** How long after `sentAt`, or after being registered, those of its carrier are waited for. Milliseconds. */
  readonly deadline: number
  /** Set where the source keeps nothing so old: it ends `unconfirmed` at once, for this reason. */
  readonly expired: string | undefined
}

/** What registering did. */
export interface Registered {
  /** New to the journal. */
  readonly added: number
  /** Already known, and claimed for this run. */
  readonly known: number
  /** Of the new ones: too old to be asked for. */
  readonly expired: number
  /** Messages that are new to the run (without their keys, where they are new to the journal), or have got company. */
  readonly changes: ReadonlyArray<Change>
}

/** Who registers, and when. */
export interface Registering {
  /** The run that new messages belong to, and that claims those that are known. */
  readonly run: number
  /** Epoch milliseconds. */
  readonly at: number
  /** The hash that stands for a phone number outside the journal. */
  readonly hash: (number: string) => string
  /** When a message that is open becomes worth a look: at once, where it is left out. */
  readonly nextLook: StateMachine.NextLook | undefined
  /** How long those of a carrier are waited for, which may be another one than a registration says. */
  readonly deadlineOf: Deadlines.DeadlineOf | undefined
}

/** Applies registrations to the messages that they could mean. */
export const applyRegistrations = (
  messages: ReadonlyArray<TrackedMessage>,
  registrations: ReadonlyArray<Registration>,
  { at, deadlineOf, hash, nextLook, run }: Registering
) => {
  const planned = (message: TrackedMessage): TrackedMessage =>
    message.dueAt === undefined ? message : { ...message, dueAt: nextLook?.(message) ?? at }
  const names = Names.of(messages)
  const added = Names.of([])
  const claimed = new Map<number, TrackedMessage>()
  const bodies: Array<EventBody> = []
  let expired = 0
  for (const registration of registrations) {
    const known = names.registered(registration.ref)
    for (const message of known) {
      const now = claim(claimed.get(message.key) ?? message, registration, run, deadlineOf)
      claimed.set(message.key, planned(now))
    }
    if (known.length > 0 || added.registered(registration.ref).length > 0) continue
    const message = planned(newMessage(registration, run, at))
    bodies.push(registeredEvent(message, hash))
    if (registration.expired === undefined) {
      added.add(message)
    } else {
      const step = StateMachine.expireUnseen(message, registration.expired, at)
      expired += 1
      added.add(step.message)
      bodies.push(...step.events)
    }
  }
  const isAlone = Names.company([...messages, ...added.all()])
  const insert = added.all().map((message) => ({ ...message, alone: isAlone(message) }))
  const changes: Array<Change> = insert.map((after) => ({ before: undefined, after }))
  const update: Array<TrackedMessage> = []
  const renamed: Array<TrackedMessage> = []
  for (const message of messages) {
    const now = claimed.get(message.key) ?? message
    const after = message.alone && !isAlone(message) ? { ...now, alone: false } : now
    if (after === message) continue
    update.push(after)
    if (!Names.same(message, after)) renamed.push(after)
    changes.push({ before: message.run === run ? message : undefined, after })
  }
  const result: Registered = { added: insert.length, known: claimed.size, expired, changes }
  return { insert, update, renamed, bodies, result }
}

/**
 * A message that is known is claimed for the run. While it is open, its carrier is what the run says where nobody knew it,
 * and its deadline is what the run says.
 */
const claim = (
  message: TrackedMessage,
  registration: Registration,
  run: number,
  deadlineOf: Deadlines.DeadlineOf | undefined
): TrackedMessage => {
  if (message.dueAt === undefined) return { ...message, run }
  const { carrier, carrierOrigin } = message.carrierOrigin === "unknown" ? registration : message
  const known = { ...message, run, carrier, carrierOrigin, ref: withDeadline(message.ref, registration.ref) }
  return { ...known, deadlineAt: Deadlines.deadlineAt(known, deadlineOf?.(carrier) ?? registration.deadline) }
}

/** How a message was registered, with the deadline of its own that it is given now. */
const withDeadline = (ref: MessageRef, { deadline, deadlineAt }: MessageRef): MessageRef => {
  if (deadline === undefined && deadlineAt === undefined) return ref
  if (ref.deadline === deadline && ref.deadlineAt === deadlineAt) return ref
  const { deadline: _, deadlineAt: __, ...rest } = ref
  return {
    ...rest,
    ...(deadline === undefined ? {} : { deadline }),
    ...(deadlineAt === undefined ? {} : { deadlineAt })
  }
}

const newMessage = (registration: Registration, run: number, at: number): TrackedMessage => ({
  key: 0,
  ref: registration.ref,
  messageId: registration.ref.messageId,
  conversationId: registration.ref.conversationId,
  sentAt: registration.ref.sentAt,
  alone: false,
  source: registration.source,
  group: registration.group,
  run,
  carrier: registration.carrier,
  carrierOrigin: registration.carrierOrigin,
  registeredAt: at,
  deadlineAt: Deadlines.deadlineAt({ ref: registration.ref, registeredAt: at }, registration.deadline),
  status: "pending",
  resolution: undefined,
  providerStatus: undefined,
  profile: undefined,
  code: undefined,
  field: undefined,
  cause: undefined,
  category: undefined,
  retryable: undefined,
  actor: undefined,
  classifier: undefined,
  rule: undefined,
  externalMessageId: registration.ref.externalMessageId,
  finalAt: undefined,
  seenAt: undefined,
  firstLookAt: undefined,
  lookedAt: undefined,
  dueAt: at,
  looks: 0,
  unexplained: false,
  missing: false,
  late: false,
  conflicts: []
})

const registeredEvent = (message: TrackedMessage, hash: (number: string) => string): EventBody => {
  const { campaignId, conversationId, externalContactId, outboundContactId, to } = message.ref
  return {
    kind: "message.registered",
    ...nameOf(message),
    carrier: message.carrier,
    carrierOrigin: message.carrierOrigin,
    ...(externalContactId === undefined ? {} : { externalContactId }),
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(campaignId === undefined ? {} : { campaignId }),
    ...(outboundContactId === undefined ? {} : { outboundContactId }),
    ...(to === undefined ? {} : { to: hash(to) }),
    ...(message.sentAt === undefined ? {} : { sentAt: isoTime(message.sentAt) }),
    deadlineAt: isoTime(message.deadlineAt)
  }
}
