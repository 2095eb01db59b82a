import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Rules from "../src/index.ts"
import { load, parse, problems, receipt } from "./Samples.ts"

const classify = (text: string, file?: string) => Rules.compile(load(text, file).rules).classify

describe("a YAML file", () => {
  it("is read as it is written: no code is a number, a truth, a date or nothing", () => {
    const written = ["008", "0x10", "1e3", "yes", "no", "null", "~", "2026-03-01", "1_000", "0o7", ".5", "12:30", "+1"]
    const text = written.map((code, index) => `  - {name: r${index}, code: ${code}, cause: expired}`).join("\n")
    const answer = classify(`rules:\n${text}\n`)
    for (const [index, code] of written.entries()) {
      assert.strictEqual(answer(receipt({ code }))?.rule, `r${index}`, code)
    }
    for (const code of ["8", "16", "1000", "true", "false", "", "7", "0.5"]) {
      assert.isUndefined(answer(receipt({ code })), code)
    }
  })

  it("says everything that a verdict can", () => {
    const answer = classify(
      [
        "version: 1",
        "rules:",
        "  - name: asleep",
        "    code: 008",
        "    cause: Handset_Unreachable",
        "    retryable: after",
        "    retry_after: 1h30m",
        "    actor: recipient",
        "    why: |",
        "      the phone",
        "      was off",
        "  - code: 9",
        "    state: unconfirmed"
      ].join("\n")
    )
    assert.deepInclude(answer(receipt({ code: "008" })), {
      state: "failed",
      cause: "handset_unreachable",
      retryable: "after",
      retryAfterSeconds: 5400,
      actor: "recipient",
      why: "the phone was off",
      rule: "asleep"
    })
    assert.deepInclude(answer(receipt({ code: "9" })), { state: "unconfirmed", cause: undefined, rule: "code 9" })
  })

  it("names rules by what they match where they have no name, each differently", () => {
    const { rules } = load(
      [
        "rules:",
        "  - {code: 1, carrier: a, cause: expired}",
        "  - {code: 1, carrier: b, cause: expired}",
        "  - {name: code 1 (2), code: 3, cause: expired}",
        "  - {code: [4, 5, 6], cause: expired}",
        "  - {prefix: 7, cause: expired}",
        "  - {pattern: 8.*, cause: expired}",
        "  - {status: REJECTD, cause: expired}"
      ].join("\n")
    )
    assert.deepStrictEqual(
      rules.map(({ line, name }) => [line, name]),
      [
        [2, "code 1"],
        [3, "code 1 (3)"],
        [4, "code 1 (2)"],
        [5, "code 4 and 2 more"],
        [6, "prefix 7"],
        [7, "pattern 8.*"],
        [8, "status REJECTD"]
      ]
    )
  })
})

describe("a CSV file", () => {
  const csv = [
    "type;Name;code;carrier;from;until;cause;Retry after;why;at;rule",
    'rule;asleep;008|8;acme;;;handset_unreachable;30m;"off; or ""away""\nfor long";;',
    "",
    "rule;march;77;;2026-03-01;2026-03-31;expired;;;;",
    ";last;1e3;;;;opted_out",
    "case;;008;acme;;;handset_unreachable;;;;asleep",
    "case;;77;;;;expired;;;2026-03-31;march",
    "case;;77;;;;;;;2026-04-01;none"
  ]

  it("has the same rules and cases, a line each, whatever its separator and line breaks", () => {
    const variants = [
      csv.join("\n"),
      csv.join("\r\n"),
      `\ufeffsep=;\n${csv.join("\n")}`,
      // The one comma-separated reading of it: its semicolons stand in quotes alone.
      csv.join("\n").replace("off; or", "off or").replaceAll(";", ",").replace("off or", "off; or"),
      csv.join("\n").replace("off; or", "off or").replaceAll(";", "\t").replace("off or", "off; or")
    ]
    for (const variant of variants) {
      const file = load(variant, "rules.CSV")
      assert.deepStrictEqual(
        file.rules.map(({ name }) => name),
        ["asleep", "march", "last"]
      )
      assert.deepStrictEqual(file.cases.length, 3)
      assert.deepStrictEqual(Rules.runCases(file).failed, [])
      const answer = Rules.compile(file.rules).classify
      assert.deepInclude(answer(receipt({ code: "8", carrier: "acme" })), {
        rule: "asleep",
        why: 'off; or "away" for long',
        retryAfterSeconds: 1800
      })
      assert.strictEqual(answer(receipt({ code: "1e3" }))?.rule, "last")
    }
    assert.deepStrictEqual(
      [...load(csv.join("\n"), "r.csv").rules, ...load(csv.join("\n"), "r.csv").cases].map(({ line }) => line),
      [2, 5, 6, 7, 8, 9]
    )
  })

  it("needs no column for the type where all are rules", () => {
    assert.strictEqual(classify("code,cause\n5,expired\n", "r.csv")(receipt({ code: "5" }))?.rule, "code 5")
    assert.deepStrictEqual(load("code,cause\n", "r.csv").rules, [])
  })

  it.each([
    ["", "is empty"],
    ["\n \n", "is empty"],
    ["cod,cause\n1,expired", 'line 1, column 1: unknown column "cod": did you mean code?'],
    ["code,code,cause\n1,2,expired", "line 1, column 6: there are two columns code"],
    ["code,cause\n1,expired,x", "line 2, column 11: there are more cells than columns"],
    ['code,cause\n"1,expired\n', "line 2, column 1: a quote is opened and never closed"],
    [
      'code,cause\n"1"x,expired\n',
      "line 2, column 4: a closing quote is followed by more text: double each quote inside"
    ],
    ["type,code,cause\nrul,1,expired", 'line 2, column 1: type "rul" is neither rule nor case'],
    ["code,cause\n1,expird", 'line 2, column 3: unknown cause "expird": did you mean expired?'],
    ["code,cause\n1||2,expired", "line 2, column 1: code is empty"],
    ["type,code,prefix,cause\ncase,1,2,expired", "line 2, column 8: a case has no prefix"]
  ])("%j is refused: %s", (text, problem) => assert.include(problems(text, "r.csv"), problem))
})

/** A rule on lines 2 and after, and the one problem that it has. */
const wrongRules: ReadonlyArray<readonly [string, string]> = [
  ["cod: 1\n    cause: expired", 'line 2, column 5: unknown key "cod": did you mean code?'],
  ["colour: red\n    code: 1\n    cause: expired", 'line 2, column 5: unknown key "colour": a rule has name, code, '],
  ["at: 2026-03-01\n    code: 1\n    cause: expired", "line 2, column 5: a rule has no at"],
  ["code: 1\n    cause: opt_out", 'line 3, column 12: unknown cause "opt_out": did you mean opted_out?'],
  ["code: 1\n    cause: banana", 'line 3, column 12: unknown cause "banana": it is one of handset_unreachable, '],
  ["code: 1\n    state: deliverd", 'line 3, column 12: unknown state "deliverd": did you mean delivered?'],
  [
    "code: 1\n    cause: expired\n    retryable: maybe",
    'line 4, column 16: unknown retryable "maybe": it is one of yes, '
  ],
  [
    "code: 1\n    cause: expired\n    actor: carier",
    'line 4, column 12: unknown actor "carier": did you mean carrier?'
  ],
  [
    'pattern: "(a+"\n    cause: expired',
    'line 2, column 14: pattern "(a+" is no regular expression of RE2: missing closing ): `(a+`'
  ],
  [
    "pattern: a(?=b)\n    cause: expired",
    'line 2, column 14: pattern "a(?=b)" is no regular expression of RE2: invalid or unsupported Perl syntax: `(?=`'
  ],
  [
    "pattern: (a|b{900}){1000}\n    cause: expired",
    'line 2, column 14: pattern "(a|b{900}){1000}" is no regular expression of RE2: '
  ],
  [
    "pattern: a{1000}b{1000}c{1000}\n    cause: expired",
    'line 2, column 14: pattern "a{1000}b{1000}c{1000}" is too large'
  ],
  [
    "code: 1\n    prefix: 2\n    cause: expired",
    "line 3, column 5: code and prefix are two ways to say which codes: a rule has one of them"
  ],
  ["carrier: acme\n    cause: expired", "line 2: the rule names no code: give it code, prefix or pattern, or status"],
  ["code: 1", "line 2: the rule has no outcome: give it a cause, or a state such as unconfirmed"],
  [
    "code: 1\n    state: delivered\n    cause: expired",
    "line 4, column 5: cause is of failures alone, and the state is delivered"
  ],
  [
    "code: 1\n    state: ignore\n    retry_after: 5m",
    "line 4, column 5: retry_after is of failures alone, and the state is ignore"
  ],
  [
    "code: 1\n    cause: expired\n    retryable: no\n    retry_after: 5m",
    "line 5, column 5: retry_after says when to send again, and retryable says not to"
  ],
  ["code: 1\n    cause: expired\n    retry_after: soon", 'line 4, column 18: retry_after "soon" is no time to wait: '],
  ["code: 1\n    cause: expired\n    retry_after: 0m", 'line 4, column 18: retry_after "0m" is no time at all'],
  ["code: 1\n    cause: expired\n    retry_after: 99d", 'line 4, column 18: retry_after "99d" is longer than 31 days'],
  [
    "code: 1\n    cause: expired\n    from: yesterday",
    'line 4, column 11: from "yesterday" is no time: write 2026-03-01'
  ],
  ["code: 1\n    cause: expired\n    until: 2026-02-30", 'line 4, column 12: until "2026-02-30" does not exist'],
  [
    "code: 1\n    cause: expired\n    until: 2026-02-03T10:00",
    'line 4, column 12: until "2026-02-03T10:00" has a time and no zone'
  ],
  [
    "code: 1\n    cause: expired\n    until: 2026-02-03T10:00+15:00",
    'line 4, column 12: until "2026-02-03T10:00+15:00" has an offset'
  ],
  ["code: []\n    cause: expired", "line 2, column 5: code is an empty list"],
  ["code: [1, 1]\n    cause: expired", 'line 2, column 15: code has "1" twice'],
  ["code:\n    cause: expired", "line 2, column 10: code is empty"],
  ["code: {a: 1}\n    cause: expired", "line 2, column 11: code has keys of its own: it takes a text"],
  ["code: [[1]]\n    cause: expired", "line 2, column 12: an element of code is a text, not a list"],
  ["code: 1\n    cause: [expired]", "line 3, column 5: cause takes one value, not a list"],
  ["code: 1\n    cause: expired\n    cause: expired", "line 4, column 5: cause stands on line 3 already"],
  ["code: &a 1\n    cause: expired", "line 2, column 14: an anchor (&) names a part of the file"],
  [
    "pattern: '1'x\n    cause: expired",
    "line 2, column 17: this is not YAML: a value with a bracket, comma, colon or #"
  ],
  ["code: *a\n    cause: expired", "line 2, column 11: an alias (*) stands for something else"],
  ["code: !!int 1\n    cause: expired", "line 2, column 17: a tag (!) says what a value is"],
  ["<<: x\n    code: 1\n    cause: expired", 'line 2, column 5: unknown key "<<"'],
  ['code: "1\\e[31m"\n    cause: expired', "line 2, column 11: code has a line break or another control character"],
  [`code: ${"1".repeat(121)}\n    cause: expired`, "line 2, column 11: code is longer than 120 characters"],
  ["name: none\n    code: 1\n    cause: expired", "line 2, column 11: no rule is called none"],
  [
    "code: [1, 2\n    cause: expired",
    "line 3, column 5: this line is indented otherwise than what it belongs to, or a bracket"
  ],
  ["code: 1\n   cause: expired", "line 3, column 1: this line is indented otherwise than the keys above it"],
  ["\tcode: 1", "line 2, column 4: a tab indents this line: YAML takes spaces alone"]
]

/** Whole files, and a problem of theirs. */
const wrongFiles: ReadonlyArray<readonly [string, string]> = [
  ["", "is empty"],
  ["# nothing\n", "is empty"],
  ["- code: 1", 'line 1, column 1: it does not begin with "rules:"'],
  ["cases: []", 'it has no "rules:"'],
  ["rule: []\nrules: []", 'line 1, column 1: unknown key "rule": did you mean rules?'],
  ["version: 2\nrules: []", "line 1, column 1: the version of the format is 1"],
  ["rules: 5", 'line 1, column 1: rules is a list: begin each rule with "- "'],
  ["rules:\n  code: 1\n", 'line 2, column 3: rules is a list: begin each rule with "- "'],
  ["rules:\n  - code\n", 'line 2, column 5: a rule is keys with values, such as "code: 008"'],
  ["rules: []\nrules: []", "line 2, column 1: rules stands on line 1 already"],
  ["rules: []\n---\nrules: []", "line 2, column 1: a second document begins here (---): a file holds one"],
  ["rules: [", "line 1, column 9: "],
  [
    "rules:\n- {code: 1, cause: expired, name: a}\n- {code: 2, cause: expired, name: a}",
    'line 3, column 35: the rule on line 2 is called "a" already'
  ],
  [
    "rules: []\ncases:\n  - carrier: acme\n    cause: expired",
    "line 3: the case has no receipt: give it a code or a status"
  ],
  ["rules: []\ncases:\n  - code: 1", "line 3: the case expects nothing"],
  ["rules: []\ncases:\n  - {code: 1, rule: none, at: noon}", 'line 3, column 31: at "noon" is no time'],
  [
    "rules:\n- {code: 1, cause: expired, name: asleep}\ncases:\n- {code: 1, cause: expired, rule: aslep}",
    'line 4, column 35: no rule is called "aslep": did you mean asleep?'
  ]
]

describe("what is wrong is told with its place", () => {
  it.each(wrongRules)("%j: %s", (rule, expected) => {
    const [problem = "", ...others] = problems(`rules:\n  - ${rule}\n`)
    assert.strictEqual(problem.slice(0, expected.length), expected)
    assert.deepStrictEqual(others, [])
  })

  it.each(wrongFiles)("%j: %s", (text, expected) => {
    const found = problems(text)
    assert.isTrue(
      found.some((problem) => problem.startsWith(expected)),
      found.join("; ")
    )
  })

  it("all at once, the first ten of them in one line", () => {
    const text = `rules:\n${Array.from({ length: 12 }, (_, index) => `  - {code: ${index}, cause: opt_out}`).join("\n")}`
    const read = parse(text)
    assert.isTrue(Result.isFailure(read))
    if (Result.isSuccess(read)) return
    assert.strictEqual(read.failure.problems.length, 12)
    const { message } = read.failure
    assert.match(message, /^rules\.yaml: line 2, column 22: unknown cause .*; line 11, .*; and 2 more$/)
    assert.notInclude(message, "line 12")
    assert.notInclude(message, "\n")
  })

  it("on one line that is not endless, whatever stands in the file", () => {
    const [problem = ""] = problems(
      `rules:\n  - {"a\\n\\e[31m${"b".repeat(2000)}": 1, "a\\n\\e[31m${"b".repeat(2000)}": 2}\n`
    )
    assert.match(problem, /^line 2, column \d+: \P{Cc}{500}$/u)
  })

  it("bytes that are no UTF-8, and names that say no format", () => {
    assert.deepStrictEqual(problems(Buffer.from("rules:\n- {code: é, cause: expired}", "latin1")), [
      "line 2: is not UTF-8: save it as UTF-8 (in a spreadsheet: CSV UTF-8)"
    ])
    assert.deepStrictEqual(problems(Buffer.from("\ufeffcode,cause", "utf16le"), "r.csv"), [
      "is UTF-16: save it as UTF-8 (in a spreadsheet: CSV UTF-8)"
    ])
    assert.deepStrictEqual(problems("rules: []", "rules.json"), [
      "its name says neither YAML nor CSV: call it .yaml, .yml or .csv"
    ])
    assert.strictEqual(load("\ufeffrules: []").rules.length, 0)
  })

  it("files that are made to be too much for their reader, too", () => {
    const bombs = [
      `rules:${" [".repeat(20_000)}`,
      `rules: ${"[".repeat(5000)}${"]".repeat(5000)}`,
      "- ".repeat(20_000),
      `a0: &a0 [x, x]\n${Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join("\n")}\nrules: *a40`,
      Array.from({ length: 20_000 }, (_, i) => `k${i}:`).join("\n"),
      `rules:\n  - {${Array.from({ length: 10_000 }, (_, i) => `k${i}: 1`).join(", ")}}`
    ]
    for (const bomb of bombs) assert.isNotEmpty(problems(bomb), bomb.slice(0, 40))
  })
})
