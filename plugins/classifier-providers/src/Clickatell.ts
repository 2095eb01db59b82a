/**
 * Clickatell SMPP: what its numbers mean. Its payloads are SMPP's, which `@dlrkit/classifier-smpp` reads.
 *
 * @module
 */
import { type Classifier, CodeTable, defineClassifier } from "@dlrkit/core"
import json from "./lists/clickatell.json" with { type: "json" }

const table = CodeTable.load(json)

/** Clickatell's numbers, in `network_error_code` and in `err` alike. */
export const list: CodeTable.CodeList = table.list

const codeField = "network_error_code"

/** The fields that hold Clickatell's numbers; a code elsewhere is SMPP's own. */
const fields: ReadonlySet<string | undefined> = new Set([codeField, "err", undefined])

const byNumber = CodeTable.classifier({ table, statusFields: [], codeField })

/** The classifier for receipts of the profile `clickatell`. A TLV holds a number and `err` its digits: `014` is 14. */
export const classifier = (): Classifier.Classifier =>
  defineClassifier({
    ...byNumber,
    classify: (receipt) => {
      const { code, field, profile } = receipt
      if (profile !== list.profile || code === undefined || !fields.has(field)) return undefined
      return byNumber.classify({ ...receipt, code: code.trim().replace(/^0+(?=.)/, ""), field: codeField })
    }
  })
