import { assert, describe, it } from "@effect/vitest"
import * as ClassifiedReceipt from "../src/ClassifiedReceipt.ts"
import { type Classifier, defineClassifier } from "../src/Classifier.ts"
import * as PayloadFields from "../src/PayloadFields.ts"

/** Acme's receipts say `status`, `code` and, for an own list, `field`. */
const acme = defineClassifier({
  name: "acme",
  profiles: [
    {
      name: "acme",
      read: (payload, { field }) => {
        const fields = PayloadFields.of(payload)
        const word = fields?.text("status")
        if (word === undefined) return undefined
        const status = (["sent", "delivered", "failed", "unconfirmed", "ignore"] as const).find((one) => one === word)
        return { receipt: { profile: "acme", providerStatus: word, status, code: fields?.text("code"), field } }
      },
      recognizes: (payload) => PayloadFields.of(payload)?.text("acme") !== undefined
    }
  ],
  rules: [
    { rule: "17", profile: "acme", field: "code", code: "17", cause: "opted_out" },
    { rule: "old 17", profile: "acme", field: "Old Code", code: "17", cause: "expired" }
  ],
  classify: ({ code, field, previous, profile, status }) => {
    if (profile !== "acme" || status !== "failed") return undefined
    if (code === "17" && field === "old code") return { cause: "expired", rule: "old 17" }
    if (code === "17") return { cause: "opted_out", rule: "17", why: "the recipient said STOP", actor: "recipient" }
    return code === "late" && previous?.length ? { cause: "handset_unreachable", retryAfterSeconds: 9 } : undefined
  }
})

const silent = defineClassifier({ name: "silent", classify: () => undefined })

const read = (line: unknown, classifiers: ReadonlyArray<Classifier> = [silent, acme]) =>
  ClassifiedReceipt.make(classifiers).read(line)

const keys = [
  "state",
  "cause",
  "category",
  "retryable",
  "retryAfterSeconds",
  "resend",
  "actor",
  "action",
  "code",
  "classifier",
  "rule",
  "why"
]

const line = (status: string, code?: string, more: object = {}) => ({
  profile: "acme",
  receipt: { status, ...(code === undefined ? {} : { code }) },
  ...more
})

describe("a receipt that is classified", () => {
  it("says everything in one order, with null for what does not apply", () => {
    const answer = read(line("failed", "17"))
    assert.deepStrictEqual(answer, {
      state: "failed",
      cause: "opted_out",
      category: "permanent_block",
      retryable: "no",
      retryAfterSeconds: null,
      resend: "never",
      actor: "recipient",
      action: "suppress the number now",
      code: "17",
      classifier: "acme",
      rule: "17",
      why: "the recipient said STOP"
    })
    for (const status of ["sent", "delivered", "failed", "unconfirmed", "ignore", "what"]) {
      assert.deepStrictEqual(Object.keys(read(line(status))), keys)
    }
  })

  const of = (status: string, code?: string, previous?: ReadonlyArray<string>) => {
    const answer = read(line(status, code, previous === undefined ? {} : { previous }))
    if (typeof answer === "string") return answer
    const { cause, classifier, resend, retryable, state } = answer
    return [state, cause, retryable, resend, classifier].join(" ")
  }

  it.each([
    [of("sent"), "in_progress  no  "],
    [of("delivered", "17"), "delivered  no  "],
    [of("unconfirmed"), "unconfirmed  no ask "],
    [of("what"), "unconfirmed  no ask "],
    [of("ignore", "17"), "ignore  -  "],
    [of("failed"), "failed unexplained after later "],
    [of("failed", "18"), "failed unexplained after later "],
    [of("failed", "late", ["in_progress"]), "failed handset_unreachable after later acme"],
    // What came before: the first end stands, and unconfirmed is none.
    [of("failed", "17", ["in_progress", "delivered"]), "delivered  no  "],
    [of("failed", "17", ["in_progress"]), "failed opted_out no never acme"],
    [of("failed", "17", ["failed"]), "failed opted_out no never acme"],
    [of("failed", "17", ["unconfirmed"]), "failed opted_out no never acme"],
    [of("delivered", undefined, ["unconfirmed"]), "delivered  no  "],
    [of("delivered", undefined, ["failed"]), "failed unexplained no later "],
    [of("sent", undefined, ["delivered"]), "delivered  no  "],
    [of("sent", undefined, ["failed", "delivered"]), "failed unexplained after later "],
    [of("sent", undefined, ["unconfirmed"]), "unconfirmed  no ask "],
    [of("unconfirmed", undefined, ["delivered"]), "delivered  no  "],
    [of("what", undefined, ["in_progress"]), "in_progress  no  "],
    [of("ignore", undefined, ["delivered"]), "ignore  -  "]
  ])("%s", (answer, expected) => assert.strictEqual(answer, expected))

  it("says why a message stays where it was", () => {
    const answer = read(line("failed", "17", { previous: ["delivered"] }))
    assert.deepInclude(answer, {
      code: "17",
      rule: null,
      why: "it was delivered before, and a delivery is not revoked; this receipt says failed (opted_out: the recipient said STOP)"
    })
  })

  it("asks the line's own codes first", () => {
    const route_codes = [{ field: "old code", code: "17", cause: "sender_rejected" }]
    const answer = read(line("failed", "17", { route_codes, field: "old code" }))
    assert.deepInclude(answer, { cause: "sender_rejected", classifier: "route", rule: "old code 17" })
    assert.deepInclude(read(line("failed", "17", { field: "old code" })), { cause: "expired", rule: "old 17" })
    const own = [{ field: "own", code: "1", cause: "expired" }]
    assert.deepInclude(read(line("failed", "1", { route_codes: own, field: "own" })), { cause: "expired" })
  })

  it("needs no profile where it shows whose it is", () => {
    assert.deepInclude(read({ receipt: { acme: 1, status: "failed", code: "17" } }), { cause: "opted_out" })
    assert.deepInclude(read({ profile: null, previous: null, receipt: "acme=1&status=sent" }), { state: "in_progress" })
    assert.match(read({ receipt: { status: "failed", code: "17" } }) as string, /does not show whose it is/)
  })

  it("of several parts is the worst one, with a warning where another part arrived", () => {
    const parts = (...words: ReadonlyArray<string>) =>
      read({
        profile: "acme",
        receipt: null,
        parts: words.map((status, index) => ({ part: index + 1, receipt: { status, code: "17" } }))
      })
    assert.deepInclude(parts("delivered", "failed", "sent"), {
      state: "failed",
      cause: "opted_out",
      code: "17",
      why: "part 2 of 3 decides: the recipient said STOP; part 1 arrived: whoever sends again sends a duplicate of it"
    })
    assert.deepInclude(parts("delivered", "sent"), { state: "in_progress" })
    assert.deepInclude(parts("delivered", "delivered"), { state: "delivered", why: "part 1 of 2 decides" })
    assert.deepInclude(parts("ignore", "ignore"), { state: "ignore", retryable: "-" })
    assert.strictEqual(parts(), "it has no part")
    assert.strictEqual(parts("sent", ""), "part 2: it is no receipt of the profile acme")
  })

  it("says whether ids name one message, where there are some", () => {
    const ids = (submit_sm_resp: string, text: string) => {
      const answer = read(line("sent", undefined, { ids: { submit_sm_resp, text, receipted_message_id: null } }))
      return typeof answer === "string" ? answer : [answer.same_message, Object.keys(answer).at(-1)]
    }
    assert.deepStrictEqual(ids("0AF", "af"), [true, "same_message"])
    assert.deepStrictEqual(ids("0AF", "175"), [true, "same_message"])
    assert.deepStrictEqual(ids("1", "2"), [false, "same_message"])
  })

  it.each([
    ["no object", "it is no object with a receipt"],
    [[line("sent")], "it is no object with a receipt"],
    [{ profile: "acme" }, "it has no receipt"],
    [{ profile: "acme", receipt: null }, "it has no receipt"],
    [{ profile: 8, receipt: {} }, 'at ["profile"]'],
    [{ profile: "other", receipt: {} }, 'there is no profile "other": the profiles are acme'],
    [{ profile: "acme", receipt: 8 }, "it is no receipt of the profile acme"],
    [line("sent", undefined, { previous: ["perhaps"] }), 'at ["previous"][0]'],
    [line("sent", undefined, { ids: { text: 8 } }), 'at ["ids"]["text"]'],
    [line("sent", undefined, { route_codes: [{ field: "f", code: 1, cause: "expired" }] }), "route codes: "],
    [line("sent", undefined, { route_codes: [{ field: "f", code: "1", cause: "because" }] }), "route codes: "],
    [line("sent", undefined, { field: "zz" }), 'the profile acme has no field "zz": its fields are code, Old Code']
  ])("%j cannot be read", (bad, why) => {
    const answer = read(bad)
    assert.isString(answer)
    assert.include(answer as string, why)
    assert.notInclude(answer as string, "\n")
  })

  it("counts those whom the receipt does not concern, and names the others", () => {
    const of = (name: string, profile: string) =>
      defineClassifier({ name, classify: () => undefined, rules: [{ rule: "1", profile }] })
    const asked = [of("other", "elsewhere"), silent, of("own", "acme"), of("another", "elsewhere"), acme]
    const answer = ClassifiedReceipt.make(asked).explain(line("failed", "17"))
    assert.deepStrictEqual(typeof answer === "string" ? [] : answer.explain?.slice(1, 3), [
      "not known to silent, own",
      "passed over: 2 classifiers of other profiles"
    ])
    const moving = ClassifiedReceipt.make(asked).explain(line("sent"))
    assert.include(
      typeof moving === "string" ? "" : moving.explain?.[0],
      "the status sent, which is in_progress, and no code"
    )
  })

  it("says of what is none why nothing changes", () =>
    assert.deepInclude(read(line("ignore", "17")), { why: "it is no receipt of an outbound message" }))

  it("shows the way to it, step by step", () => {
    const faulty = defineClassifier({
      name: "faulty",
      classify: () => {
        throw new Error("not today")
      }
    })
    const faults: Array<string> = []
    const reader = ClassifiedReceipt.make([silent, faulty, acme], ({ classifier }) => faults.push(classifier))
    const answer = reader.explain(line("failed", "17"))
    assert.deepInclude(answer, { cause: "opted_out" })
    assert.deepStrictEqual(typeof answer === "string" ? [] : answer.explain, [
      "read as a receipt of acme: the status failed, which is failed, and the code 17",
      "not known to silent",
      "faulty is at fault: not today",
      "acme answers by its rule 17: opted_out: the recipient said STOP",
      "so the state is failed: opted_out (permanent_block), retry: no, recipient must act: suppress the number now"
    ])
    assert.deepStrictEqual(faults, ["faulty"])
    const before = reader.explain(line("failed", "17", { previous: ["in_progress"] }))
    assert.strictEqual(typeof before === "string" ? "" : before.explain?.[0], "earlier receipts said in_progress")
    const unknown = reader.explain(line("failed", "18"))
    assert.include(
      typeof unknown === "string" ? "" : unknown.explain?.join("\n"),
      "\nnobody answers: no classifier knows the code 18 of acme\n"
    )
  })
})
