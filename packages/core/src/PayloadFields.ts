/**
 * The fields of a provider's payload, for those who read receipts.
 *
 * A payload comes as an object, as JSON text or form-encoded (`MessageStatus=undelivered&ErrorCode=30005`). Names are found
 * whatever their letter case and order; values are texts without white space around them, so that `"008"` stays three digits
 * and a number becomes the digits that it was sent as. Nothing here throws, whatever the payload is.
 *
 * @module
 */

/** The fields of an object in a payload. */
export interface PayloadFields {
  /** A text or a number as text; `undefined` where it is missing, empty, or neither. */
  readonly text: (name: string) => string | undefined
  /** `true`, `false`, or those words as texts. */
  readonly flag: (name: string) => boolean | undefined
  /** The fields of an object within. */
  readonly fields: (name: string) => PayloadFields | undefined
  /** The objects of a list within, or the one object that stands there by itself. */
  readonly list: (name: string) => ReadonlyArray<PayloadFields>
  /** The names that there are, in lower case. */
  readonly names: ReadonlySet<string>
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** A value as text: white space around it does not count; `undefined` where nothing is left, or where it is no text. */
export const textOf = (value: unknown): string | undefined => {
  if (typeof value === "string") return value.trim() || undefined
  return typeof value === "number" && Number.isFinite(value) ? String(value) : undefined
}

/** The entries of an object; none where it does not let itself be read, as one with a getter that throws. */
const entriesOf = (object: object): ReadonlyArray<readonly [string, unknown]> => {
  try {
    return Object.entries(object)
  } catch {
    return []
  }
}

/** What stands under a name, spelled as it is; `undefined` where it does not let itself be read. */
const ownValue = (object: object, name: string): unknown => {
  try {
    return Object.hasOwn(object, name) ? (object as Readonly<Record<string, unknown>>)[name] : undefined
  } catch {
    return undefined
  }
}

/** Names as they are compared, those of the first payloads: the same few come again and again. */
const foldedNames = new Map<string, string>()
const mostNames = 10_000

const folded = (name: string): string => {
  const known = foldedNames.get(name)
  if (known !== undefined) return known
  const made = name.trim().toLowerCase()
  if (foldedNames.size < mostNames) foldedNames.set(name, made)
  return made
}

/** The fields of an object. Made for every receipt that is read, so nothing is folded before it is needed. */
class ObjectFields implements PayloadFields {
  readonly #object: object
  #byName: Map<string, unknown> | undefined

  constructor(object: object) {
    this.#object = object
  }

  /** By their names as they are compared; of those that are one, the first. */
  #folded(): Map<string, unknown> {
    if (this.#byName === undefined) {
      this.#byName = new Map()
      for (const [name, value] of entriesOf(this.#object)) {
        const known = folded(name)
        if (!this.#byName.has(known)) this.#byName.set(known, value)
      }
    }
    return this.#byName
  }

  #get(name: string): unknown {
    return ownValue(this.#object, name) ?? this.#folded().get(folded(name))
  }

  get names(): ReadonlySet<string> {
    return new Set(this.#folded().keys())
  }

  readonly text = (name: string): string | undefined => textOf(this.#get(name))

  readonly flag = (name: string): boolean | undefined => {
    const value = this.#get(name)
    if (typeof value === "boolean") return value
    const word = typeof value === "string" ? value.trim().toLowerCase() : undefined
    return word === "true" ? true : word === "false" ? false : undefined
  }

  readonly fields = (name: string): PayloadFields | undefined => {
    const value = this.#get(name)
    return isObject(value) && !Array.isArray(value) ? new ObjectFields(value) : undefined
  }

  readonly list = (name: string): ReadonlyArray<PayloadFields> => {
    const value = this.#get(name)
    const items: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
    return items.filter(isObject).map((item) => new ObjectFields(item))
  }
}

/** The object that a text holds as JSON, or form-encoded. */
const parsed = (text: string): object | undefined => {
  const trimmed = text.trim()
  if (trimmed.startsWith("{")) {
    try {
      const value: unknown = JSON.parse(trimmed)
      return isObject(value) ? value : undefined
    } catch {
      return undefined
    }
  }
  return trimmed.includes("=") ? Object.fromEntries(new URLSearchParams(trimmed)) : undefined
}

/** The fields of a payload; `undefined` where it has none: a number, a list, a text that is neither JSON nor form-encoded. */
export const of = (payload: unknown): PayloadFields | undefined => {
  const object = typeof payload === "string" ? parsed(payload) : payload
  return isObject(object) && !Array.isArray(object) ? new ObjectFields(object) : undefined
}
