/**
 * The ids that carriers and aggregators give messages, and whether two of them name one message.
 *
 * The same id is told in different letter case, and with or without leading zeros
 * (https://github.com/jookies/jasmin/issues/418, https://github.com/jookies/jasmin/issues/643). An SMPP centre may also
 * give it in hexadecimal digits when it takes the message and in decimal ones in the receipt's text, or the other way about
 * (https://github.com/jookies/jasmin, `dlr_msg_id_bases`).
 *
 * @module
 */

/** The white space that does not count around an id: what Unicode and JavaScript take for it. */
export const whiteSpace =
  "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"

/**
 * An id as it is compared: the case of A to Z, leading zeros and white space around it do not count. Nothing is left of
 * what is no id: zeros alone. A store that finds messages by it gives the same, character by character.
 */
export const comparable = (id: string): string =>
  id
    .trim()
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    .replace(/^0+/, "")

/** Whether two ids name one message. */
export const same = (a: string, b: string): boolean => comparable(a) === comparable(b)

const decimal = /^\d{1,20}$/
const hexadecimal = /^[\da-f]{1,16}$/i

/** Whether one id is in hexadecimal digits the number that another one is in decimal ones. */
const isHexOf = (hex: string, text: string): boolean =>
  hexadecimal.test(hex.trim()) && decimal.test(text.trim()) && BigInt(`0x${hex.trim()}`) === BigInt(text.trim())

/** Whether an id cannot be decimal: then only is it read as hexadecimal where decimal digits are usual. */
const isPlainlyHex = (id: string) => /[a-f]/i.test(id)

/** Where an SMPP receipt and what came before it name the message. */
export interface SmppIds {
  readonly submit_sm_resp?: string | undefined
  /** The `id` of the receipt's text. */
  readonly text?: string | undefined
  readonly receipted_message_id?: string | undefined
}

/** Whether the id of a receipt's text is the centre's id. */
const sameInText = (centre: string, text: string): boolean =>
  same(centre, text) || isHexOf(centre, text) || (isPlainlyHex(text) && isHexOf(text, centre))

/**
 * Whether all ids that are given name one message; decimal digits in the text may stand for hexadecimal ones elsewhere, and
 * hexadecimal ones that have a letter for decimal ones.
 */
export const sameSmpp = ({ receipted_message_id, submit_sm_resp, text }: SmppIds): boolean => {
  const centre = [submit_sm_resp, receipted_message_id].filter((id) => id !== undefined)
  const agree = centre.every((id) => same(id, centre[0] as string))
  return agree && (text === undefined || centre.every((id) => sameInText(id, text)))
}
