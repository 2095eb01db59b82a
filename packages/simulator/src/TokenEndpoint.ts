/**
 * The token endpoint: client credentials against a token.
 *
 * @module
 */
import type { Draft, PlatformRequest } from "./Answer.ts"
import type { Settings } from "./Settings.ts"
import type { Tokens } from "./Tokens.ts"

/**
 * Answers a token request. The credentials stand in a Basic header; the messaging API takes them in the form body too.
 *
 * With `anyClient` any id and any secret will do, wherever they stand. 405 for another method, 400 for another grant or for too many tokens, 401 for wrong credentials.
 */
export const answer = (request: PlatformRequest, settings: Settings, tokens: Tokens, now: number): Draft => {
  const refuse = settings.api === "messaging" ? asPlatform : asOAuth
  if (request.method !== "POST") return refuse(405, "invalid_request", "the token endpoint takes POST")
  const form = new URLSearchParams(Buffer.from(request.body).toString())
  if (form.get("grant_type") !== "client_credentials") {
    return refuse(400, "unsupported_grant_type", "grant_type is not client_credentials")
  }
  const inForm =
    settings.api === "messaging" || settings.anyClient ? [form.get("client_id"), form.get("client_secret")] : []
  const [id, secret] = basic(request) ?? inForm
  const known = settings.anyClient ? secret : settings.clients.get(id ?? "")
  if (id == null || known == null) return refuse(401, "invalid_client", "client not found")
  if (secret !== known) return refuse(401, "invalid_client", "authentication failed")
  const token = tokens.issue(now, id)
  // The platform throttles here with 400, not 429 (seen by its Terraform provider).
  if (token === undefined) return refuse(400, "invalid_request", "rate limit exceeded; too many tokens in a minute")
  return {
    status: 200,
    body: JSON.stringify({ access_token: token, token_type: "bearer", expires_in: settings.tokenLife })
  }
}

/** As OAuth words an error, and as the platform does. */
const asPlatform = (status: number, error: string, message: string): Draft => ({
  status,
  body: { code: error, message, error, description: message, error_description: message }
})

/** As the login host words an error: nothing else stands in it. */
const asOAuth = (status: number, error: string, message: string): Draft => ({
  status,
  body: JSON.stringify({ error, description: message, error_description: message })
})

/** Id and secret of a Basic header. Both may be form-encoded, as OAuth says; what is not encoded reads the same. */
const basic = (request: PlatformRequest): ReadonlyArray<string> | undefined => {
  const { authorization } = request.headers
  const encoded = typeof authorization === "string" ? /^basic +(\S+)$/i.exec(authorization)?.[1] : undefined
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, "base64").toString()
  const mark = text.indexOf(":")
  return mark < 0 ? undefined : [text.slice(0, mark), text.slice(mark + 1)]
}
