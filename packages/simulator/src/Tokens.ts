/**
 * The token endpoint's memory: which tokens were issued, which still count, and which a client must know to be bad.
 *
 * @module
 */
import * as RateWindow from "./RateWindow.ts"
import * as Seed from "./Seed.ts"
import type { Settings } from "./Settings.ts"

interface Token {
  readonly clientId: string
  readonly issuedAt: number
  readonly expiresAt: number
  /** When a client first learned that it is bad. */
  rejectedAt: number
}

/** A token that is refused. */
export interface BadToken {
  readonly code: string
  readonly message: string
  /** The client must have known. */
  readonly known: boolean
  /** To be called once the client has been told (epoch milliseconds). */
  readonly rejected: (now: number) => void
}

/** Issues and checks tokens. All times are epoch milliseconds. */
export interface Tokens {
  /** Nothing where there were too many within a minute. */
  readonly issue: (now: number, clientId: string) => string | undefined
  /** Whose token a header carries, good or bad; nothing where none was given out. */
  readonly clientOf: (authorization: string | undefined) => string | undefined
  /** Nothing where the header carries a good token. */
  readonly check: (authorization: string | undefined, now: number) => BadToken | undefined
}

/** How long a token may be used beyond its life: a client's clock starts when the token arrives. Milliseconds. */
const lenience = 1000

const ignore = () => {}

/** Makes the tokens of a simulation that starts at `startedAt`. */
export const make = (settings: Settings, startedAt: number): Tokens => {
  const issued = new Map<string, Token>()
  const recent = RateWindow.sliding(60_000)
  const chance = Seed.make(settings.seed, "token names")
  const revocations = settings.revocations.map((since) => startedAt + since)
  const lastRevocation = (now: number) => revocations.findLast((at) => at <= now) ?? Number.NEGATIVE_INFINITY

  return {
    issue: (now, clientId) => {
      if (recent.count(now) >= settings.tokensPerMinute) return undefined
      recent.add(now)
      const name = Array.from({ length: 4 }, () =>
        Math.floor(chance.next() * 2 ** 32)
          .toString(36)
          .padStart(7, "0")
      ).join("")
      issued.set(name, {
        clientId,
        issuedAt: now,
        expiresAt: now + settings.tokenLife * 1000,
        rejectedAt: Number.POSITIVE_INFINITY
      })
      return name
    },
    clientOf: (authorization) => issued.get(nameIn(authorization) ?? "")?.clientId,
    check: (authorization, now) => {
      const name = nameIn(authorization)
      if (name === undefined) {
        return {
          code: "authentication.required",
          message: "No authentication bearer token specified",
          known: true,
          rejected: ignore
        }
      }
      const token = issued.get(name)
      if (token === undefined) {
        return { code: "bad.credentials", message: "Invalid login credentials", known: true, rejected: ignore }
      }
      const expired = now >= token.expiresAt
      if (!expired && lastRevocation(now) < token.issuedAt) return undefined
      return {
        code: "credentials.expired",
        message: expired ? "The token has expired" : "The token has been revoked",
        known: now >= token.expiresAt + lenience || now > token.rejectedAt + settings.inFlight,
        rejected: (at) => {
          token.rejectedAt = Math.min(token.rejectedAt, at)
        }
      }
    }
  }
}

const nameIn = (authorization: string | undefined) => /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1]
