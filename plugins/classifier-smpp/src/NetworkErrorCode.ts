/**
 * The TLV `network_error_code` (tag 0x0423): an octet for the type of network, then a number of two octets. Some centres
 * send three digits in ASCII instead, as they stand in `err` (https://github.com/pruiz/kannel/blob/HEAD/gw/smsc/smsc_smpp.c).
 *
 * @module
 */

/** The code: a number in decimal digits, digits as they were sent, or whatever else was sent. */
export const codeOf = (sent: string): string => {
  const hex = sent.replace(/^0x/i, "").replace(/[\s:-]/g, "")
  if (!/^[\da-f]{6}$/i.test(hex)) return sent
  // No type of network has the number of an ASCII digit (0x30 to 0x39).
  return /^(3\d){3}$/.test(hex) ? hex.replace(/3(\d)/g, "$1") : String(Number.parseInt(hex.slice(2), 16))
}
