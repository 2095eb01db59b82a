/**
 * Which known codes are most like one that nobody knows.
 *
 * Numbers are near where they are close (`30036` and `30034`), and only within a profile: elsewhere the same number means
 * something else. Words are near where few letters make one of the other, in any profile. Without a profile, the same code
 * is shown wherever it is known, whatever it means there.
 *
 * @module
 */
import type { Rule } from "./Classifier.ts"
import * as Spelling from "./Spelling.ts"

/** Numbers further away tell nothing. */
const furthest = 20

const isNumber = (code: string) => /^\d{1,15}$/.test(code)

/** How far a known code is from one that is not known; `undefined` where the one says nothing of the other. */
const distance = (code: string, known: string, sameProfile: boolean, hasProfile: boolean): number | undefined => {
  if (isNumber(code) || isNumber(known)) {
    if (code === known) return hasProfile && !sameProfile ? undefined : 0
    if (!sameProfile || !isNumber(code) || !isNumber(known)) return undefined
    const apart = Math.abs(Number(code) - Number(known))
    return apart <= furthest ? apart : undefined
  }
  return Spelling.apart(code, known)
}

/** Makes the search among rules: those for the profile of what is sought come first, then the nearest. */
export const make =
  (rules: ReadonlyArray<Rule>) =>
  (sought: { readonly text: string; readonly profile: string | undefined }, limit: number): ReadonlyArray<Rule> =>
    rules
      .flatMap((rule) => {
        const sameProfile = rule.profile === sought.profile
        const { code } = rule
        const apart =
          code === undefined ? undefined : distance(sought.text, code, sameProfile, sought.profile !== undefined)
        return apart === undefined ? [] : { rule, apart, sameProfile }
      })
      .sort((a, b) => Number(b.sameProfile) - Number(a.sameProfile) || a.apart - b.apart)
      .slice(0, limit)
      .map(({ rule }) => rule)
