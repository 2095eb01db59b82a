/**
 * Several credentials are several quotas: a request is sent with the one that may be used soonest, and one that the
 * platform refuses is left out while others work.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import * as Semaphore from "effect/Semaphore"
import type { AuthService } from "./Auth.ts"
import { Journal } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import * as Quota from "./Quota.ts"
import type { RateHeaders } from "./RateHeaders.ts"
import type { ResiliencePolicy } from "./ResiliencePolicy.ts"
import { PauseTooLong, type Refused, type SourceErrorReason } from "./SourceError.ts"
import * as TrackerMetrics from "./TrackerMetrics.ts"
import { isoTime } from "./TrackingEvent.ts"

/** A set of credentials. */
export interface Credential {
  /** What stands for it in records and logs: short, always the same, no secret. One client has one name. */
  readonly name: string
  readonly auth: AuthService
}

/** What a request needs. */
export interface Need {
  /** The class of endpoints that it goes to; not named where it shares the limit of all. */
  readonly endpoint: string | undefined
  /** The permission that it needs. */
  readonly permission: string
}

/** A request may be sent now: it is paid. */
export interface Grant {
  readonly credential: Credential
  readonly token: Redacted.Redacted<string>
  /** Epoch milliseconds. */
  readonly sentAt: number
  /** What its record calls the quota; nothing where there is but one. */
  readonly recordedAs: string | undefined
  /** Tells how it ended (`undefined`: well), and what the answer's headers say. */
  readonly ended: (reason: SourceErrorReason | undefined, rate: RateHeaders) => Effect.Effect<void>
}

/** The credentials of a client. */
export interface Credentials {
  /**
   * Waits until a request may be sent, with these credentials or any, makes their token ready, and pays. Where that took
   * so long that the gate has closed, it waits again. Fails with `PauseTooLong` where the platform asks for more patience
   * than the policy has.
   */
  readonly take: (need: Need, only?: Credential) => Effect.Effect<Grant, SourceErrorReason>
  /** Leaves credentials out that were refused, for what needs this permission or for all; false where none would be left. */
  readonly dismiss: (credential: Credential, refused: Refused, permission?: string) => Effect.Effect<boolean>
  /** The moment at which the next request may be sent. Epoch milliseconds. */
  readonly next: Effect.Effect<number>
  /** How many requests a minute are allowed. */
  readonly rate: Effect.Effect<number>
  /** The platform states a limit: of an endpoint, or of each of the credentials. */
  readonly learn: (stated: { readonly endpoint?: string | undefined; readonly limit: number }) => Effect.Effect<void>
}

/** What credentials are made from. */
export interface CredentialsOptions {
  readonly source: string
  readonly host: string
  readonly policy: ResiliencePolicy
  readonly credentials: ReadonlyArray<Credential>
}

/** A longer pause than this is told of. Milliseconds. */
const longPause = 120_000

/** A limit that differs by less than this share is not worth a word. */
const worthTelling = 0.05

/** Makes the credentials' quotas. What the last window's requests cost is read from the journal. */
export const make = Effect.fnUntraced(function* (
  options: CredentialsOptions
): Effect.fn.Return<Credentials, JournalError, Journal> {
  const { credentials, host, policy, source } = options
  const { explicit, per, requests } = policy.budget
  const journal = yield* Journal
  const window = Duration.toMillis(Duration.fromInputUnsafe(policy.budget.window))
  const longestPause = Duration.toMillis(Duration.fromInputUnsafe(policy.longestPause))

  const shares = quotaNames(credentials, per)
  const several = new Set(shares).size > 1
  const quotas = new Map<string, { readonly quota: Quota.Quota; pausedUntil: number; limit: number }>()
  for (const name of new Set(shares)) {
    const traffic = yield* journal.traffic(source, window, several ? name : undefined)
    const now = yield* Clock.currentTimeMillis
    const quota = Quota.make({ limit: requests, window, explicit, now, ...traffic })
    quotas.set(name, { quota, pausedUntil: 0, limit: requests })
  }
  const members = credentials.map((credential, index) => {
    const share = shares[index] as string
    return {
      credential,
      share: quotas.get(share) as typeof quotas extends Map<string, infer V> ? V : never,
      recordedAs: several ? share : undefined,
      /** The permissions that it was refused for; all where it was refused itself. */
      refusedFor: new Set<string | undefined>()
    }
  })
  type Member = (typeof members)[number]
  const gates = new Map<string | undefined, Semaphore.Semaphore>()

  const usable = (permission: string | undefined) =>
    members.filter(({ refusedFor }) => !refusedFor.has(undefined) && !refusedFor.has(permission))

  const soonest = (among: ReadonlyArray<Member>, endpoint: string | undefined, now: number) =>
    among
      .map((member) => ({ member, at: member.share.quota.slot(endpoint, now) }))
      .reduce((best, other) => (other.at < best.at ? other : best))

  const tellLimits = Effect.suspend(() => {
    const changed = Array.from(quotas.values()).filter(
      (share) => Math.abs(share.quota.limit() - share.limit) > worthTelling * share.limit
    )
    if (changed.length === 0) return Effect.void
    const lower = changed.some((share) => share.quota.limit() < share.limit)
    for (const share of changed) share.limit = share.quota.limit()
    const all = total()
    const text = `${source}: the platform seems to allow ${all} requests a window; pacing by that`
    return Effect.andThen(
      TrackerMetrics.budgetLimit(source, all),
      lower ? Effect.logWarning(text) : Effect.logInfo(text)
    )
  })

  /** A long pause is told of once, and again only where it became much longer. */
  const tellPause = Effect.fnUntraced(function* (share: Member["share"], now: number, until: number) {
    if (until - now < longPause || until - share.pausedUntil < longPause) return
    share.pausedUntil = until
    yield* Effect.logWarning(
      `${source}: ${host} asks to wait for ${Duration.format(Duration.seconds(Math.ceil((until - now) / 1000)))}; no requests until ${isoTime(until)}`
    )
  })

  const total = () =>
    Array.from(new Set(usable(undefined).map(({ share }) => share.quota))).reduce(
      (sum, quota) => sum + quota.limit(),
      0
    )

  const grant = (member: Member, { endpoint }: Need, token: Redacted.Redacted<string>, sentAt: number): Grant => ({
    credential: member.credential,
    token,
    sentAt,
    recordedAs: member.recordedAs,
    ended: Effect.fnUntraced(function* (reason, rate) {
      const { quota } = member.share
      const now = yield* Clock.currentTimeMillis
      quota.told(endpoint, now, rate)
      switch (reason?._tag) {
        case "Unreachable":
          quota.lost(endpoint, sentAt)
          break
        case "Throttled":
          quota.refused(endpoint, sentAt, now, {
            retryAfter: reason.retryAfterMs,
            limit: rate.allowed ?? reason.limit,
            jitter: yield* Random.nextBetween(1, 1.1)
          })
          yield* tellPause(member.share, now, quota.closedUntil())
          break
        default:
          quota.accepted(endpoint, sentAt, now)
      }
      yield* tellLimits
    })
  })

  /** The token of credentials; none where they were refused and others go on without them. */
  const tokenOf = (member: Member): Effect.Effect<Redacted.Redacted<string> | undefined, SourceErrorReason> =>
    member.credential.auth.token.pipe(
      Effect.catch(({ reason }) =>
        Effect.gen(function* () {
          if (reason._tag === "Refused" && (yield* dismiss(member.credential, reason))) return undefined
          return yield* Effect.fail(reason)
        })
      )
    )

  const take = (need: Need, only?: Credential): Effect.Effect<Grant, SourceErrorReason> =>
    Effect.gen(function* () {
      while (true) {
        const now = yield* Clock.currentTimeMillis
        const candidates = usable(need.permission)
        const chosen = candidates.filter(({ credential }) => credential === only)
        // Where all were refused, one of them says so again.
        const among = [chosen, candidates, members].find(({ length }) => length > 0) ?? members
        const { at, member } = soonest(among, need.endpoint, now)
        if (at - now > longestPause) {
          return yield* Effect.fail(new PauseTooLong({ host, until: isoTime(at), longestPauseMs: longestPause }))
        }
        if (at > now) {
          yield* tellPause(member.share, now, at)
          yield* Effect.sleep(at - now)
          continue
        }
        const token = yield* tokenOf(member)
        if (token === undefined) continue
        const sentAt = yield* Clock.currentTimeMillis
        const { quota } = member.share
        if (quota.slot(need.endpoint, sentAt) > sentAt) continue
        quota.pay(need.endpoint, sentAt)
        return grant(member, need, token, sentAt)
      }
    })

  const dismiss = Effect.fnUntraced(function* (credential: Credential, refused: Refused, permission?: string) {
    const member = members.find((each) => each.credential === credential)
    if (member === undefined || usable(permission).every((each) => each === member)) return false
    if (member.refusedFor.has(permission)) return true
    member.refusedFor.add(permission)
    yield* Effect.logWarning(`${source}: goes on without the credentials ${credential.name}: ${refused.message}`)
    return true
  })

  yield* TrackerMetrics.budgetLimit(source, total())
  return {
    take: (need, only) => {
      // One after the other for each class, so that a class whose limit is reached holds up no other one.
      const gate = gates.get(need.endpoint) ?? Semaphore.makeUnsafe(1)
      gates.set(need.endpoint, gate)
      // The tokens are made ready before it is their turn, and taken again then: who waited long carries no old one.
      const tokens = Effect.suspend(() =>
        Effect.forEach(usable(need.permission), tokenOf, { concurrency: "unbounded", discard: true })
      )
      return Effect.andThen(tokens, gate.withPermits(1)(take(need, only)))
    },
    dismiss,
    next: Effect.map(Clock.currentTimeMillis, (now) => soonest(usable(undefined), undefined, now).at),
    rate: Effect.sync(() => (total() * 60_000) / window),
    learn: ({ endpoint, limit }) =>
      Effect.suspend(() => {
        for (const { quota } of quotas.values()) quota.learn(endpoint, limit)
        return tellLimits
      })
  }
})

/** Which quota each of the credentials counts against. */
const quotaNames = (credentials: ReadonlyArray<Credential>, per: ResiliencePolicy["budget"]["per"]) => {
  const seen = new Map<string, number>()
  return credentials.map(({ name }) => {
    if (per === "organization") return "organization"
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return per === "client" || count === 1 ? name : `${name}#${count}`
  })
}
