/**
 * The token endpoint: client credentials against a token.
 *
 * @module
 */
import type { Draft, PlatformRequest } from "./Answer.ts"
import type { Settings } from "./Options.ts"

/**
 * Answers a token request: credentials in the form body or in a Basic header; `issue` makes the token.
 *
 * 405 for another method, 400 for another grant, 401 for wrong credentials.
 */
export const answer = (request: PlatformRequest, settings: Settings, issue: () => string): Draft => {
  if (request.method !== "POST") return refuse(405, "invalid_request", "the token endpoint takes POST")
  const form = new URLSearchParams(Buffer.from(request.body).toString())
  if (form.get("grant_type") !== "client_credentials") {
    return refuse(400, "unsupported_grant_type", "grant_type is not client_credentials")
  }
  const [id, secret] = basic(request) ?? [form.get("client_id"), form.get("client_secret")]
  if (id !== settings.clientId) return refuse(401, "invalid_client", "client not found")
  if (secret !== settings.clientSecret) return refuse(401, "invalid_client", "authentication failed")
  return {
    status: 200,
    body: JSON.stringify({ access_token: issue(), token_type: "bearer", expires_in: settings.tokenLife })
  }
}

/** As OAuth words an error, and as the platform does. */
const refuse = (status: number, error: string, message: string): Draft => ({
  status,
  body: { code: error, message, error, description: message, error_description: message }
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
