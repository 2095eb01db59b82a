import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as PlatformError from "effect/PlatformError"
import * as Redacted from "effect/Redacted"
import * as Settings from "../src/Settings.ts"

interface World {
  readonly options?: Settings.SourceOptions
  readonly env?: Record<string, string>
  readonly files?: Record<string, string>
}

const missing = (path: string) =>
  PlatformError.systemError({
    _tag: "NotFound",
    module: "FileSystem",
    method: "readFileString",
    pathOrDescriptor: path
  })

const read = ({ env = {}, files = {}, options = {} }: World) =>
  Settings.read(options).pipe(
    Effect.provide(
      Layer.mergeAll(
        ConfigProvider.layer(ConfigProvider.fromEnv({ env })),
        FileSystem.layerNoop({
          readFileString: (path) => {
            const text = files[path]
            return text === undefined ? Effect.fail(missing(path)) : Effect.succeed(text)
          }
        })
      )
    )
  )

/** What is wrong. */
const problems = (world: World) => Effect.map(Effect.flip(read(world)), (error) => error.problems)

const complete = { region: "eu_central_1", clientId: "id", clientSecret: "s3cret" }
const environment = {
  GENESYS_REGION: "mypurecloud.ie",
  GENESYS_CLIENT_ID: "env-id",
  GENESYS_CLIENT_SECRET: "env-secret"
}

const secret = ({ clients }: Settings.Settings) => Redacted.value(clients[0]?.clientSecret ?? Redacted.make("none"))
const ids = ({ clients }: Settings.Settings) => clients.map(({ clientId }) => clientId)

describe("the settings", () => {
  it.effect("come from the options", () =>
    Effect.gen(function* () {
      const settings = yield* read({ options: { ...complete, externalContactId: "c", requestsPerMinute: 120 } })
      assert.deepStrictEqual(
        { ...settings, clients: [ids(settings), secret(settings)] },
        {
          api: "conversations",
          credentialsIn: "basic",
          apiUrl: "https://api.mypurecloud.de",
          loginUrl: "https://login.mypurecloud.de",
          clients: [["id"], "s3cret"],
          externalContactId: "c",
          requestsPerMinute: 120,
          analyticsLag: 60_000,
          authority: undefined
        }
      )
    })
  )

  it.effect("come from the environment, where the options leave them out", () =>
    Effect.gen(function* () {
      const env = {
        ...environment,
        GENESYS_EXTERNAL_CONTACT_ID: "env-contact",
        GENESYS_REQUESTS_PER_MINUTE: "60",
        GENESYS_ANALYTICS_LAG: "2.5",
        GENESYS_API: "messaging"
      }
      const settings = yield* read({ env })
      assert.deepInclude(settings, {
        apiUrl: "https://api.mypurecloud.ie",
        externalContactId: "env-contact",
        analyticsLag: 2500,
        requestsPerMinute: 60
      })
      assert.deepInclude(settings, { api: "messaging", credentialsIn: "body" })
      assert.strictEqual(secret(settings), "env-secret")
      const both = yield* read({ env, options: { clientId: "id", requestsPerMinute: 5, externalContactId: "c" } })
      assert.deepStrictEqual([ids(settings), ids(both)], [["env-id"], ["id"]])
      assert.deepInclude(both, { requestsPerMinute: 5, externalContactId: "c" })
    })
  )

  it.effect("may name addresses instead of a region, or besides one", () =>
    Effect.gen(function* () {
      const env = { ...environment, GENESYS_REGION: "", GENESYS_API_URL: "http://127.0.0.1:8080/" }
      assert.deepInclude(yield* read({ env }), {
        apiUrl: "http://127.0.0.1:8080",
        loginUrl: "http://127.0.0.1:8080"
      })
      assert.deepInclude(yield* read({ env: { ...env, GENESYS_LOGIN_URL: "https://login.test//" } }), {
        loginUrl: "https://login.test"
      })
      assert.deepInclude(yield* read({ env: environment, options: { apiUrl: "https://gateway.test" } }), {
        apiUrl: "https://gateway.test",
        loginUrl: "https://login.mypurecloud.ie"
      })
    })
  )

  it.effect("read the public API where a region is named, and the other one where only an address is", () =>
    Effect.gen(function* () {
      const apiOf = (world: World) => Effect.map(read(world), ({ api, credentialsIn }) => [api, credentialsIn])
      const { GENESYS_REGION: _, ...credentials } = environment
      const url = { GENESYS_API_URL: "https://gw.test/genesys" }
      assert.deepStrictEqual(yield* apiOf({ env: environment }), ["conversations", "basic"])
      assert.deepStrictEqual(yield* apiOf({ env: { ...environment, ...url } }), ["conversations", "basic"])
      assert.deepStrictEqual(yield* apiOf({ env: { ...credentials, ...url } }), ["messaging", "body"])
      assert.deepStrictEqual(yield* apiOf({ env: { ...credentials, ...url, GENESYS_API: "conversations" } }), [
        "conversations",
        "basic"
      ])
      assert.deepStrictEqual(
        yield* apiOf({ env: environment, options: { api: "messaging", credentialsIn: "basic" } }),
        ["messaging", "basic"]
      )
    })
  )

  it.effect("take the secret from a file, without the line's end", () =>
    Effect.gen(function* () {
      const { GENESYS_CLIENT_SECRET: _, ...rest } = environment
      const files = { "/run/secret": " file-secret\n", "/run/other": "other-secret" }
      const env = { ...rest, GENESYS_CLIENT_SECRET_FILE: "/run/secret" }
      assert.strictEqual(secret(yield* read({ env, files })), "file-secret")
      // A secret that is there itself wins, and so does a file that the options name.
      assert.strictEqual(secret(yield* read({ env: { ...env, GENESYS_CLIENT_SECRET: "itself" }, files })), "itself")
      assert.strictEqual(
        secret(
          yield* read({
            env: { ...env, GENESYS_CLIENT_SECRET: "itself" },
            files,
            options: { clientSecretFile: "/run/other" }
          })
        ),
        "other-secret"
      )
    })
  )

  it.effect("take several clients, each with a secret of its own", () =>
    Effect.gen(function* () {
      const credentials = [
        { clientId: "a", clientSecret: "a-secret" },
        { clientId: "b", clientSecretFile: "/run/b" }
      ]
      const files = { "/run/b": "b-secret\n" }
      const settings = yield* read({ env: environment, options: { credentials }, files })
      assert.deepStrictEqual(
        settings.clients.map(({ clientId, clientSecret }) => [clientId, Redacted.value(clientSecret)]),
        [
          ["a", "a-secret"],
          ["b", "b-secret"]
        ]
      )
      const own = yield* read({ options: { ...complete, credentials }, files })
      assert.deepStrictEqual(ids(own), ["id", "a", "b"])
      assert.deepStrictEqual(
        yield* problems({ env: environment, options: { credentials: [...credentials, { clientId: "c" }] } }),
        ["clientSecretFile of b names /run/b, which cannot be read", "set clientSecret of c, or clientSecretFile of c"]
      )
      const twice = [...credentials, { clientId: "a", clientSecret: "x" }]
      assert.match(
        (yield* problems({ env: environment, options: { credentials: twice }, files }))[0] as string,
        /twice/
      )
    })
  )

  it.effect("take a redacted secret as it is, and show none", () =>
    Effect.gen(function* () {
      const settings = yield* read({ options: { ...complete, clientSecret: Redacted.make("s3cret") } })
      assert.strictEqual(secret(settings), "s3cret")
      assert.notInclude(JSON.stringify(settings) + String(settings.clients[0]?.clientSecret), "s3cret")
    })
  )

  it.effect("take an authority as text, or from a file", () =>
    Effect.gen(function* () {
      const pem = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"
      assert.strictEqual((yield* read({ options: { ...complete, ca: pem } })).authority, pem)
      const files = { "/etc/ca.pem": pem }
      assert.strictEqual((yield* read({ options: { ...complete, ca: "/etc/ca.pem" }, files })).authority, pem)
      assert.deepStrictEqual(yield* problems({ options: { ...complete, ca: "/etc/none.pem" } }), [
        "ca names /etc/none.pem, which cannot be read"
      ])
    })
  )

  it.effect("that say nothing are named all at once, in one line", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read({}))
      assert.deepStrictEqual(error.problems, [
        "set GENESYS_REGION, or GENESYS_API_URL and GENESYS_LOGIN_URL",
        "set GENESYS_CLIENT_ID",
        "set GENESYS_CLIENT_SECRET, or GENESYS_CLIENT_SECRET_FILE"
      ])
      assert.notInclude(error.message, "\n")
      // An empty variable is none.
      const empty = Object.fromEntries(Object.keys(environment).map((name) => [name, " "]))
      assert.deepStrictEqual(yield* problems({ env: empty }), error.problems)
    })
  )

  const wrong: Readonly<Record<string, readonly [World, RegExp]>> = {
    "an unknown region": [
      { options: { ...complete, region: "eu_central_7" } },
      /region "eu_central_7" is unknown.*eu_central_1/
    ],
    "an address that is none": [{ options: { ...complete, apiUrl: "api.test" } }, /^GENESYS_API_URL is no http/],
    "an address of another kind": [{ options: { ...complete, loginUrl: "file:///etc" } }, /^GENESYS_LOGIN_URL is no/],
    "an unknown API": [{ options: complete, env: { GENESYS_API: "public" } }, /^GENESYS_API is "public"/],
    "a sweep of less than a page": [{ options: { ...complete, sweepMost: 99 } }, /^sweepMost must be .* at least 100$/],
    "no requests": [{ options: { ...complete, requestsPerMinute: 0 } }, /whole number above 0/],
    "requests that are no number": [
      { options: complete, env: { GENESYS_REQUESTS_PER_MINUTE: "many" } },
      /whole number/
    ],
    "a part of a request": [{ options: complete, env: { GENESYS_REQUESTS_PER_MINUTE: "1.5" } }, /whole number/],
    "a file that is not there": [
      { options: { region: "eu_central_1", clientId: "id", clientSecretFile: "/none" } },
      /^GENESYS_CLIENT_SECRET_FILE names \/none, which cannot be read$/
    ],
    "a file that is empty": [
      { options: { region: "eu_central_1", clientId: "id", clientSecretFile: "/empty" }, files: { "/empty": "\n" } },
      /names \/empty, which is empty$/
    ]
  }
  for (const [name, [world, expected]] of Object.entries(wrong)) {
    it.effect(`are refused: ${name}`, () =>
      Effect.gen(function* () {
        const found = yield* problems(world)
        assert.strictEqual(found.length, 1, found.join("; "))
        assert.match(found[0] as string, expected)
      })
    )
  }
})
