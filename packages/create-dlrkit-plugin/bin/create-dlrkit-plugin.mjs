#!/usr/bin/env node
// The command that `npm create dlrkit-plugin` starts. The package is plain JavaScript where it is installed; in the
// workspace, a Node that knows TypeScript runs its sources.
const { main } = await import(import.meta.url.includes("/node_modules/") ? "../dist/main.js" : "../src/main.ts")

process.exitCode = await main(process.argv.slice(2))
