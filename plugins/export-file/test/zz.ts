import * as NodeServices from "@effect/platform-node/NodeServices"
import { Exporter } from "@dlrkit/core"
import { Effect, Stream } from "effect"
import * as ExportFile from "../src/index.ts"
const mk = (at: number): any => ({ values: { ...Object.fromEntries(Exporter.columns.map(c => [c, ""])), messageId: "msg-"+at, carrier: "acme" }, labels: { campaign: "spring" } })
const rows = Stream.range(1, 1000).pipe(Stream.flatMap(p => Stream.fromArray(Array.from({length: 1000}, (_, i) => mk(p*1000+i)))))
await Effect.runPromise(Effect.flatMap(ExportFile.exporter({ file: "/tmp/scratch/o", format: process.argv[2] as any }), e => e.write(rows, ["campaign"])).pipe(Effect.provide(NodeServices.layer)))
console.log(process.argv[2], process.resourceUsage().maxRSS/1024, "MB")
