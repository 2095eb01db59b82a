// Who may import whom. `npm run check` runs it.
const message = (comment) => ({ severity: "error", comment })

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-cycles",
      ...message("Two modules that import each other are one module, or have a third one hidden between them."),
      from: {},
      to: { circular: true }
    },
    {
      name: "core-imports-no-other-package",
      ...message("core knows no vendor, database or HTTP server; whatever does is a plugin."),
      from: { path: "^packages/core/" },
      to: { path: "^(packages/(?!core/)|plugins/|examples/|bench/|scripts/)" }
    },
    {
      name: "a-plugin-imports-core-only",
      ...message("A plugin never imports another plugin, nor a package other than core."),
      from: { path: "^plugins/([^/]+)/", pathNot: "^plugins/[^/]+/test/" },
      to: { path: "^(packages/|plugins/|examples/|bench/|scripts/)", pathNot: "^(packages/core/|plugins/$1/)" }
    },
    {
      name: "a-plugin-is-tested-with-core-and-the-testkit",
      ...message("Whatever needs more than that to be tested is tested in e2e."),
      from: { path: "^plugins/([^/]+)/test/" },
      to: {
        path: "^(packages/|plugins/|examples/|bench/|scripts/)",
        pathNot: "^(packages/(core|testkit)/|plugins/$1/)"
      }
    },
    {
      name: "plugins-are-for-those-who-assemble",
      ...message("Only the CLI (its defaults), e2e, examples and benchmarks may name a plugin."),
      from: { path: "^packages/", pathNot: "^packages/(cli|e2e)/" },
      to: { path: "^plugins/" }
    },
    {
      name: "examples-stand-alone",
      ...message("Nobody imports an example, a benchmark or a script."),
      from: { path: "^(packages|plugins|examples)/([^/]+)/" },
      to: { path: "^(bench|examples|scripts)/", pathNot: "^$1/$2/" }
    },
    {
      name: "no-way-around-a-package",
      ...message("Another package is imported by its name, not by a path into its folder."),
      from: { path: "^(packages|plugins|examples)/([^/]+)/" },
      to: {
        path: "^(packages|plugins|examples)/",
        pathNot: "^$1/$2/",
        dependencyTypes: ["local"]
      }
    },
    {
      name: "sources-import-no-tests",
      ...message("What is published cannot need what is not."),
      from: { path: "^(packages|plugins)/[^/]+/src/" },
      to: { path: "^(packages|plugins)/[^/]+/test/" }
    },
    {
      name: "sources-declare-what-they-import",
      ...message("A package that is published depends on it, or has it as a peer: a devDependency is not installed."),
      from: { path: "^(packages|plugins)/[^/]+/src/", pathNot: "^packages/e2e/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm", "npm-peer"] }
    },
    {
      name: "no-unresolvable",
      ...message("The module does not exist, or no package.json names its package."),
      from: {},
      to: { couldNotResolve: true }
    }
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^[^/]+/[^/]+/dist/" },
    // Types count: what is only a type today still ties two packages together.
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types", "default"],
      extensions: [".ts", ".js", ".mjs", ".json", ".d.ts"]
    }
  }
}
