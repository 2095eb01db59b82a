/**
 * What a plugin and its package are called. The rules of package names are npm's, as the package
 * `validate-npm-package-name` tells them.
 *
 * @module
 */

/** The longest name: the lines of what is written stay as they are formatted. */
const longest = 40

const plain = /^[a-z\d][a-z\d._-]*$/

/** What is wrong with a part of a package's name; `undefined` where nothing is. */
const faultOf = (what: string, text: string): string | undefined => {
  if (text === "") return `${what} is empty`
  if (text.length > longest) return `${what} is longer than ${longest} characters`
  if (/[A-Z]/.test(text)) return `${what} "${text}" has capital letters, which npm does not take`
  if (/^[._-]/.test(text)) return `${what} "${text}" must begin with a letter or a digit`
  return plain.test(text) ? undefined : `${what} "${text}" may have only a-z, 0-9, "-", "." and "_"`
}

/** What is wrong with a plugin's name, such as `acme`. */
export const nameFault = (name: string): string | undefined => faultOf("the name", name)

/** What is wrong with a scope, such as `@acme`. */
export const scopeFault = (scope: string): string | undefined =>
  scope.startsWith("@") ? faultOf("the scope", scope.slice(1)) : `the scope "${scope}" must begin with "@"`

/** The package of a plugin: `dlrkit-classifier-acme`, or in a scope `@acme/dlrkit-classifier-acme`. */
export const packageName = (kind: string, name: string, scope: string | undefined): string => {
  const own = `dlrkit-${kind}-${name}`
  return scope === undefined ? own : `${scope}/${own}`
}
