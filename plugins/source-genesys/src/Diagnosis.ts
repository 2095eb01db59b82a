/**
 * Diagnosis: whether a source's set-up works, looked at from the outside in, a finding at a time.
 *
 * @module
 */
import { printable, type ReceiptSource } from "@dlrkit/core"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as AnalyticsApi from "./AnalyticsApi.ts"
import { type Checked, ok, problem, warning } from "./Checked.ts"
import * as Connection from "./Connection.ts"
import * as ConversationsApi from "./ConversationsApi.ts"
import { fieldsOf, textOf } from "./Json.ts"
import * as Limits from "./Limits.ts"
import * as MessagingApi from "./MessagingApi.ts"
import * as Reach from "./Reach.ts"

type Request = HttpClientRequest.HttpClientRequest

/** The token is not waited for longer. */
const tokenWithin = Duration.minutes(1)

/** Checks a source of the conversations API. */
export const conversations = (connection: Connection.Connection): Stream.Stream<ReceiptSource.Finding> =>
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
export const messaging = (connection: Connection.Connection): Stream.Stream<ReceiptSource.Finding> =>
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
): Stream.Stream<ReceiptSource.Finding> =>
  Stream.suspend(() => {
    const outside = Reach.open(connection)
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
          checked.reached === true ? Stream.concat(inside, Stream.fromEffect(outside.clock)) : Stream.empty
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

/** What credentials are good for. */
type Session = ReturnType<typeof open>

const open = (
  { client, policy, settings }: Connection.Connection,
  { probe }: Reach.Reach,
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
    Effect.map(probe(authorized(Connection.get(settings, Reach.tokensPath))), (answer): Checked => {
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
