/**
 * The outside of a platform: whether it can be reached, and what its answers tell of the time.
 *
 * @module
 */
import { HttpAnswer, type SourceError } from "@dlrkit/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Result from "effect/Result"
import { type Checked, ok, problem, warning } from "./Checked.ts"
import * as Connection from "./Connection.ts"

type Request = HttpClientRequest.HttpClientRequest

/** A clock that is further off than this is told of. Milliseconds. */
const skewAllowed = 30_000

/** Where a token is asked what it is good for; anybody gets some answer there. */
export const tokensPath = "/api/v2/tokens/me"

/** What needs no credentials. */
export type Reach = ReturnType<typeof open>

/** Opens the outside of a connection. */
export const open = ({ client, http: direct, policy, settings }: Connection.Connection) => {
  /** How much later the platform says that it is. Milliseconds. */
  let ahead: number | undefined
  const http = HttpClient.tap(direct, ({ headers }) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const theirs = Date.parse(headers.date ?? "")
      if (!Number.isNaN(theirs)) ahead = theirs - now
    })
  )

  /** One request, once; what came back, or why nothing usable did. Sent when the budget has room for it. */
  const probe = (request: Request): Effect.Effect<Result.Result<unknown, SourceError.SourceErrorReason>> =>
    client.ready.pipe(
      Effect.andThen(
        HttpAnswer.read(
          http,
          request,
          policy.timeout,
          (body) => ({ body }),
          () => {}
        )
      ),
      Effect.map(({ body }) => body),
      Effect.result
    )

  const host = (check: string, url: string, request: Request) =>
    Effect.map(probe(request), (answer): Checked => {
      if (Result.isFailure(answer) && answer.failure._tag === "Unreachable") return unreachable(check, answer.failure)
      return Result.isFailure(answer) && answer.failure._tag === "Unavailable" && answer.failure.status !== undefined
        ? warning(
            check,
            answer.failure.message,
            "it may be in maintenance, or the address is a proxy's: try again later"
          )
        : ok(check, `${url} answers`)
    })

  const hosts = Effect.all([
    host("host", settings.apiUrl, Connection.get(settings, tokensPath)),
    host("login", settings.loginUrl, HttpClientRequest.get(settings.loginUrl))
  ]).pipe(
    Effect.map((checked): Checked => {
      const findings = checked.flatMap((of) => of.findings)
      return { findings, reached: findings.every(({ outcome }) => outcome !== "problem") }
    })
  )

  const clock = Effect.sync((): Checked => {
    if (ahead === undefined) return ok("clock", "the platform does not tell its time")
    const seconds = Math.round(Math.abs(ahead) / 1000)
    return Math.abs(ahead) > skewAllowed
      ? warning(
          "clock",
          `this machine's clock is ${seconds} s ${ahead > 0 ? "behind" : "ahead of"} the platform's`,
          "let a time service (NTP) set it: deadlines and windows go by it"
        )
      : ok("clock", `within ${Math.max(1, seconds)} s of the platform's`)
  })

  return { probe, hosts, clock }
}

const unreachable = (check: string, reason: SourceError.Unreachable): Checked => {
  switch (reason.what) {
    case "unknown-host":
      return problem(
        check,
        `the host ${reason.host} is unknown`,
        "check GENESYS_REGION or the URL, and the network's name service"
      )
    case "bad-certificate":
      return problem(
        check,
        `the certificate of ${reason.host} is not trusted (${reason.detail})`,
        "name its authority with NODE_EXTRA_CA_CERTS or the option ca"
      )
    case "proxy-refused":
      return problem(
        check,
        `the proxy refused to connect to ${reason.host} (407)`,
        "put its user and password into HTTPS_PROXY"
      )
    case "no-connection":
      return problem(
        check,
        `${reason.host} cannot be reached (${reason.detail})`,
        "check the firewall, and whether HTTPS_PROXY is needed"
      )
    case "timed-out":
      return problem(
        check,
        `${reason.host} did not answer within ${reason.detail}`,
        "check the firewall, and whether HTTPS_PROXY is needed"
      )
  }
}
