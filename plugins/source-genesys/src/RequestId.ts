/**
 * Ids as they stand in a request's address.
 *
 * @module
 */

const plain = /^[\w.~-]*$/

/** As it is sent: an apostrophe, too, becomes three bytes. */
export const encode = (text: string): string =>
  plain.test(text) ? text : encodeURIComponent(text).replaceAll("'", "%27")

/** Why an id cannot be asked for; `undefined` where it can. `most` is how many bytes of an address it may take. */
export const refuse = (name: string, id: string, most: number): string | undefined => {
  if (!id.isWellFormed() || /[\s,\p{Cc}]/u.test(id)) return `its ${name} holds a comma, a space or a control character`
  if (encode(id).length > most) return `its ${name} is longer than ${most} bytes in an address`
  // In an address these are folders.
  if (id === "." || id === "..") return `its ${name} is ${JSON.stringify(id)}, which is no id`
  return undefined
}
