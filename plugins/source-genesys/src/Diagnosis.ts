/**
 * Diagnosis: whether a source's set-up works, looked at from the outside in, a finding at a time.
 *
 * @module
 */
import { HttpAnswer, printable, type ReceiptSource, type SourceError } from "@dlrkit/core"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as AnalyticsApi from "./AnalyticsApi.ts"
import * as Connection from "./Connection.ts"
import * as ConversationsApi from "./ConversationsApi.ts"
import { fieldsOf, textOf } from "./Json.ts"
import * as Limits from "./Limits.ts"
import * as MessagingApi from "./MessagingApi.ts"

type Finding = ReceiptSource.Finding
type Request = HttpClientRequest.HttpClientRequest

/** What a check found, and whether there is any use in going on. */
interface Checked {
  readonly findings: ReadonlyArray<Finding>
  readonly stop?: boolean
  /** The platform can be reached: what is inside can be looked at. */
  readonly outermost?: boolean
}

/** A clock that is further off than this is told of. Milliseconds. */
const skewAllowed = 30_000

/** The token is not waited for longer. */
const tokenWithin = Duration.minutes(1)

/** Checks a source of the conversations API. */
export const conversations = (connection: Connection.Connection): Stream.Stream<Finding> =>
  diagnose(connection, (session) => [
    session.organization,
    session.permission(ConversationsApi.permission, "look-ups", (id) =>
      Connection.get(connection.settings, ConversationsApi.detailsPath(id))
    ),
    session.permission(AnalyticsApi.permission, "sweeps, history and dlrkit reconcile", (_, now) =>
      Connection.post(
        connection.settings,
        AnalyticsApi.queryPath,
        AnalyticsApi.query({}, { from: now - 60_000, to: now }, 1, 1)
      )
    ),
    session.limits
  ])

/** Checks a source of the messaging API. */
export const messaging = (connection: Connection.Connection): Stream.Stream<Finding> =>
  diagnose(connection, (session) => [
    session.permission(MessagingApi.permissions.messages, "look-ups", (id) =>
      Connection.get(
        connection.settings,
        Result.getOrThrow(MessagingApi.messagesPath(connection.settings.externalContactId ?? id, [id], undefined))
      )
    ),
    session.permission(MessagingApi.permissions.analytics, "dlrkit reconcile", (id, now) =>
      Connection.post(
        connection.settings,
        MessagingApi.analyticsPath,
        Result.getOrThrow(MessagingApi.analyticsQuery([id], { from: now - 60_000, to: now }, 60_000))
      )
    )
  ])

/** From the outside in; what lies behind a wall is not looked at. Each of the credentials is looked at by itself. */
const diagnose = (
  connection: Connection.Connection,
  checks: (session: Session) => ReadonlyArray<Effect.Effect<Checked>>
): Stream.Stream<Finding> =>
  Stream.suspend(() => {
    const outside = reach(connection)
    const inside = Stream.fromIterable(connection.accesses).pipe(
      Stream.flatMap((access) => {
        const session = open(connection, outside, access)
        return untilStop([session.token, ...checks(session)]).pipe(
          Stream.map((checked) => (connection.accesses.length === 1 ? checked : named(access.name, checked)))
        )
      })
    )
    return untilStop([configuration(connection), outside.hosts]).pipe(
      Stream.flatMap((checked) =>
        Stream.concat(
          Stream.make(checked),
          checked.outermost === true ? Stream.concat(inside, Stream.fromEffect(outside.clock)) : Stream.empty
        )
      ),
      Stream.flatMap(({ findings }) => Stream.fromIterable(findings))
    )
  })

const untilStop = (checks: ReadonlyArray<Effect.Effect<Checked>>) =>
  Stream.fromIterable(checks).pipe(
    Stream.mapEffect((check) => check),
    Stream.takeUntil(({ stop }) => stop === true)
  )

const named = (name: string, { findings, ...rest }: Checked): Checked => ({
  ...rest,
  findings: findings.map((finding) => ({ ...finding, check: `${finding.check} of ${name}` }))
})

const configuration = ({ policy, settings }: Connection.Connection): Effect.Effect<Checked> =>
  Effect.succeed(
    ok(
      "configuration",
      `the ${settings.api} API at ${settings.apiUrl}, tokens from ${settings.loginUrl}, client ${Connection.clientIds(settings)}, ${Limits.perMinute(policy)} requests a minute`
    )
  )

const ok = (check: string, detail: string): Checked => ({ findings: [{ check, outcome: "ok", detail }] })
const warning = (check: string, detail: string, advice: string): Checked => ({
  findings: [{ check, outcome: "warning", detail, advice }]
})
const problem = (check: string, detail: string, advice: string): Checked => ({
  findings: [{ check, outcome: "problem", detail, advice }]
})

/** What needs no credentials: whether the platform answers, and what its answers tell of the time. */
const reach = ({ client, http: direct, policy, settings }: Connection.Connection) => {
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
      return { findings, outermost: findings.every(({ outcome }) => outcome !== "problem") }
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

/** What credentials are good for. */
type Session = ReturnType<typeof open>

const open = (
  { client, policy, settings }: Connection.Connection,
  { probe }: ReturnType<typeof reach>,
  { auth, tokenExpiresAt }: Connection.Access
) => {
  let token: Redacted.Redacted<string> | undefined
  const authorized = (request: Request) =>
    token === undefined ? request : HttpClientRequest.bearerToken(request, token)

  const grant: Effect.Effect<Checked> = auth.token.pipe(
    Effect.timeoutOption(tokenWithin),
    Effect.flatMap((granted) =>
      Effect.gen(function* () {
        if (Option.isNone(granted)) {
          const throttled = problem(
            "token",
            "the login has given none within a minute",
            "it may be throttled: let programs share tokens instead of fetching many"
          )
          return { ...throttled, stop: true }
        }
        token = granted.value
        const expiresAt = tokenExpiresAt()
        const left = expiresAt === undefined ? undefined : Duration.millis(expiresAt - (yield* Clock.currentTimeMillis))
        return ok("token", left === undefined ? "granted" : `granted, good for ${Duration.format(left)}`)
      })
    ),
    Effect.catchTag("SourceError", ({ reason }) =>
      Effect.succeed({
        ...problem(
          "token",
          reason.message,
          reason._tag === "Refused"
            ? "check GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET, that the region is the organization's, and that the client's grant is Client Credentials"
            : "check GENESYS_LOGIN_URL, and try again"
        ),
        stop: true
      })
    )
  )

  const organization = Effect.suspend(() =>
    Effect.map(probe(authorized(Connection.get(settings, tokensPath))), (answer): Checked => {
      if (Result.isFailure(answer)) {
        const reason = answer.failure
        return reason._tag === "Refused" && reason.status === 401
          ? {
              ...problem(
                "organization",
                reason.message,
                "the token is not this API's: check that GENESYS_LOGIN_URL and GENESYS_API_URL are of one region"
              ),
              stop: true
            }
          : warning(
              "organization",
              `not told (${reason.message})`,
              "make sure that the client is of the organization that you mean"
            )
      }
      const { OAuthClient, organization } = fieldsOf(answer.success)
      const name = textOf(fieldsOf(organization).name)
      const id = textOf(fieldsOf(organization).id)
      const client = textOf(fieldsOf(OAuthClient).name)
      return name === undefined && id === undefined
        ? warning("organization", "not told", "make sure that the client is of the organization that you mean")
        : ok("organization", printable(`${name ?? id}${client === undefined ? "" : `, by the client ${client}`}`))
    })
  )

  const permission = (check: string, use: string, requestOf: (id: string, now: number) => Request) =>
    Effect.gen(function* () {
      const request = requestOf(yield* nobodysId, yield* Clock.currentTimeMillis)
      const answer = yield* probe(authorized(request))
      if (Result.isSuccess(answer)) return ok(check, "granted")
      const reason = answer.failure
      switch (reason._tag) {
        // Nobody has a message of that id, and the platform says so to those alone who may know.
        case "NotFound":
          return ok(check, "granted")
        case "Refused":
          return reason.status === 401
            ? problem(check, reason.message, "check the client's credentials and its region")
            : problem(
                check,
                `not granted (${reason.status}: ${reason.detail}): no ${use}`,
                "give the OAuth client a role with this permission, in every division that sends"
              )
        case "Throttled":
          return warning(check, reason.message, "something else uses up the client's budget: try again later")
        default:
          return warning(
            check,
            `not known: ${reason.message}`,
            "try again; where it stays, ask the platform's support with the ids above"
          )
      }
    })

  const limits = Effect.suspend(() =>
    Effect.forEach(Limits.namespaces, (namespace) =>
      Effect.map(probe(authorized(Connection.get(settings, Limits.path(namespace)))), (answer) => ({
        namespace,
        limits: Result.isSuccess(answer) ? Limits.decode(answer.success) : undefined,
        reason: Result.isFailure(answer) ? answer.failure.message : undefined
      }))
    )
  ).pipe(
    Effect.tap((told) => {
      const limit = Limits.requestsPerMinute(told.flatMap((of) => of.limits ?? []))
      return limit === undefined ? Effect.void : client.learn({ limit: Limits.perWindow(limit, policy) })
    }),
    Effect.map((told): Checked => ({ findings: told.flatMap((of) => Limits.findings(of, policy)) }))
  )

  return { token: grant, organization, permission, limits }
}

/** An id of no message: a random UUID. */
const nobodysId = Effect.map(Effect.all(Array.from({ length: 32 }, () => Random.nextIntBetween(0, 15))), (digits) => {
  const text = digits.map((digit) => digit.toString(16)).join("")
  return [text.slice(0, 8), text.slice(8, 12), `4${text.slice(13, 16)}`, `8${text.slice(17, 20)}`, text.slice(20)].join(
    "-"
  )
})

const tokensPath = "/api/v2/tokens/me"

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
