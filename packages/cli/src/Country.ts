/**
 * The country of a phone number, for tables that group by it where no carrier is known.
 *
 * @module
 */
import { parsePhoneNumberFromString } from "libphonenumber-js/max"

/**
 * The ISO 3166-1 code of the country that an E.164 number belongs to.
 *
 * @returns `undefined` for a short code, a name, an international service number and anything that is no number
 * @example
 * ```ts
 * countryOf("+4930123456") // "DE"
 * ```
 */
export const countryOf = (number: string): string | undefined => parsePhoneNumberFromString(number)?.country
