/**
 * The regions of Genesys Cloud, and the addresses of each.
 *
 * Source: the region table of Genesys's JavaScript SDK, `purecloud-platform-client-v2` 262.0.0.
 *
 * @module
 */

/** The hosts by region: the API is at `api.` before it, the login at `login.`. */
export const hosts = {
  us_east_1: "mypurecloud.com",
  us_east_2: "use2.us-gov-pure.cloud",
  us_west_2: "usw2.pure.cloud",
  ca_central_1: "cac1.pure.cloud",
  mx_central_1: "mxc1.pure.cloud",
  sa_east_1: "sae1.pure.cloud",
  eu_west_1: "mypurecloud.ie",
  eu_west_2: "euw2.pure.cloud",
  eu_central_1: "mypurecloud.de",
  eu_central_2: "euc2.pure.cloud",
  eusc_de_east_1: "edee1.eusc-pure.cloud",
  me_central_1: "mec1.pure.cloud",
  ap_south_1: "aps1.pure.cloud",
  ap_northeast_1: "mypurecloud.jp",
  ap_northeast_2: "apne2.pure.cloud",
  ap_northeast_3: "apne3.pure.cloud",
  ap_southeast_1: "apse1.pure.cloud",
  ap_southeast_2: "mypurecloud.com.au"
} as const

/** A region of Genesys Cloud. */
export type Region = keyof typeof hosts

/** Reads a region as people write it: `eu_central_1`, `eu-central-1` and `mypurecloud.de` are the same one. */
export const parse = (text: string): Region | undefined => {
  const word = text.trim().toLowerCase()
  const key = word.replaceAll("-", "_")
  if (Object.hasOwn(hosts, key)) return key as Region
  const host = word
    .replace(/^https?:\/\//, "")
    .replace(/^(api|login|apps)\./, "")
    .replace(/\/+$/, "")
  return (Object.keys(hosts) as Array<Region>).find((region) => hosts[region] === host)
}

/** The addresses of a region. */
export const addresses = (region: Region) => ({
  apiUrl: `https://api.${hosts[region]}`,
  loginUrl: `https://login.${hosts[region]}`
})
