import { assert, describe, it } from "vitest"
import { kindOf } from "../src/Kind.ts"
import { nextSteps } from "../src/main.ts"
import { nameFault, packageName, scopeFault } from "../src/PluginName.ts"
import { type Ask, read, UsageError } from "../src/Request.ts"

/** Answers questions in turn, as a person does who tries again after a bad answer. */
const answering = (...answers: ReadonlyArray<string>) => {
  const left = [...answers]
  const asked: Array<string> = []
  const wrong: Array<string> = []
  const ask: Ask = async (question, otherwise, fault) => {
    asked.push(question.split("\n").at(-1) ?? "")
    while (true) {
      const answer = left.shift() || otherwise
      const problem = fault(answer)
      if (problem === undefined) return answer
      wrong.push(problem)
    }
  }
  return { ask, asked, wrong }
}

const usage = async (...args: ReadonlyArray<string>) => {
  try {
    await read(args, undefined)
  } catch (error) {
    assert.instanceOf(error, UsageError)
    return error.message
  }
  return assert.fail("it is not refused")
}

describe("a request", () => {
  it("is read from flags, and the rest has defaults", async () => {
    const request = await read(["--kind", "audit-sink", "--name", "acme"], undefined)
    assert.deepInclude(request, {
      name: "acme",
      package: "dlrkit-audit-sink-acme",
      folder: "dlrkit-audit-sink-acme",
      license: "Apache-2.0"
    })
    const scoped = await read(
      ["--kind=classifier", "--name=a", "--scope=@acme", "--dir=x/y", "--license=mit", "-y"],
      undefined
    )
    assert.deepInclude(scoped, { package: "@acme/dlrkit-classifier-a", folder: "x/y", license: "MIT" })
    assert.isUndefined(await read(["--help"], undefined))
  })

  it("is asked for where flags do not say, until an answer is good", async () => {
    const { ask, asked, wrong } = answering("clasifier", "Classifier", "Acme", "acme", "")
    const request = await read([], ask)
    assert.deepInclude(request, { package: "dlrkit-classifier-acme", license: "Apache-2.0" })
    assert.deepStrictEqual(asked, ["Kind", "Name, like acme", "Licence (Apache-2.0, MIT, none)"])
    assert.match(wrong.join("\n"), /did you mean classifier\?.*\n.*capital letters/)
    const none = answering()
    await read(["--kind", "journal", "--name", "acme", "--license", "none"], none.ask)
    await read(["--kind", "journal", "--name", "acme", "--yes"], none.ask)
    assert.deepStrictEqual(none.asked, [])
  })

  it("is refused with what is wrong with it", async () => {
    assert.match(await usage("--name", "acme"), /^say --kind: there is nobody to ask$/)
    assert.match(await usage("--kind", "classifier", "--yes"), /^say --name/)
    assert.match(await usage("--kind", "sink", "--name", "acme"), /^there is no kind "sink".*audit-sink/)
    assert.match(await usage("--kind", "metric", "--name", "acme"), /did you mean metrics\?/)
    assert.match(await usage("--kind", "journal", "--name", "../up"), /must begin with a letter/)
    assert.match(await usage("--kind", "journal", "--name", "a", "--scope", "acme"), /must begin with "@"/)
    assert.match(await usage("--kind", "journal", "--name", "a", "--license", "GPL"), /no licence "GPL"/)
    assert.match(await usage("--colour", "red"), /^Unknown option '--colour'/)
    assert.match(await usage("acme"), /^Unexpected argument 'acme'/)
  })
})

describe("what to do next", () => {
  it("begins with a Node that is new enough, where this one is not", () => {
    const steps = ["  npm install", "  npm test"]
    for (const version of ["v22.19.0", "v24.0.1"]) assert.deepStrictEqual(nextSteps(version), steps)
    for (const version of ["v20.20.2", "v22.18.3"]) {
      assert.match(nextSteps(version)[0] ?? "", /^ {2}npm install --save-dev node@24 .*22\.19; this is v2/)
    }
  })
})

describe("names", () => {
  it("are those that npm takes", () => {
    for (const name of ["acme", "a", "3com", "acme-2", "acme.io", "a_b"]) assert.isUndefined(nameFault(name), name)
    for (const name of ["", "Acme", ".acme", "_acme", "-acme", "ac me", "acme!", "a/b", "ä", "a".repeat(41)]) {
      assert.isString(nameFault(name), name)
    }
    assert.isUndefined(scopeFault("@acme"))
    for (const scope of ["@", "acme", "@a/b", "@Acme"]) assert.isString(scopeFault(scope), scope)
    assert.strictEqual(packageName("source", "acme", "@acme"), "@acme/dlrkit-source-acme")
  })

  it("of kinds are taken as people write them", () => {
    for (const text of ["audit-sink", "Audit sink", "AUDIT_SINK "]) {
      const kind = kindOf(text)
      assert.strictEqual(typeof kind === "string" ? kind : kind.name, "audit-sink")
    }
  })
})
