/**
 * The classifiers that a command asks: those of the configuration first, then all that come with dlrkit.
 *
 * @module
 */
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import * as Providers from "@dlrkit/classifier-providers"
import * as Smpp from "@dlrkit/classifier-smpp"
import { Classifier, TrackerDefinition } from "@dlrkit/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Configuration from "./Configuration.ts"
import * as Terminal from "./Terminal.ts"

/** All that come with dlrkit. */
export const builtIn = (): ReadonlyArray<Classifier.Classifier> => [
  ...Providers.classifiers(),
  Smpp.classifier(),
  GenesysCodes.classifier()
]

/** The given ones, and after them those that come with dlrkit, without a second one of the same name. */
export const withBuiltIn = (configured: ReadonlyArray<Classifier.Classifier>): ReadonlyArray<Classifier.Classifier> => [
  ...configured,
  ...builtIn().filter(({ name }) => configured.every((other) => other.name !== name))
]

/** Says on standard error which classifier is at fault: of each once. */
export const tellFaults = (): ((fault: Classifier.ClassifierFault) => void) => {
  const told = new Set<string>()
  return ({ classifier, detail }) => {
    if (told.has(classifier)) return
    told.add(classifier)
    Terminal.stderr.print(`the classifier ${classifier} is at fault and passed over: ${detail}`)
  }
}

/** Those of a configuration, for as long as the scope lasts: some are built, and watch a file. */
export const configured = Effect.fnUntraced(function* ({
  definition,
  environment
}: Effect.Success<ReturnType<typeof Configuration.load>>) {
  const layer = Layer.provide(TrackerDefinition.classifierLayer(definition), environment)
  return yield* Effect.map(Layer.build(layer), (context) => Context.get(context, Classifier.Classifiers))
})
