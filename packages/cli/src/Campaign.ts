/**
 * What `dlrkit track --campaign` is asked for: which campaign, and over which window of time.
 *
 * @module
 */
import type { ReceiptSource } from "@dlrkit/core"
import * as Result from "effect/Result"
import * as Instant from "./Instant.ts"

/** The flags as they were given. Durations in milliseconds. */
export interface CampaignFlags {
  readonly file?: string | undefined
  readonly campaign?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly since?: number | undefined
  readonly follow: boolean
  readonly once: boolean
  readonly timeZone?: string | undefined
}

/** A campaign, and when its messages were sent. Epoch milliseconds. */
export interface Campaign {
  readonly campaignId: string
  readonly from: number
  /** Absent where it is followed until it is stopped. */
  readonly to: number | undefined
}

/**
 * Reads the flags at a moment.
 *
 * @returns the campaign; nothing, where messages of a file are asked for; or in one line why the flags do not go together
 */
export const read = (flags: CampaignFlags, now: number): Result.Result<Campaign | undefined, string> =>
  Result.gen(function* () {
    const { campaign, follow, once, since } = flags
    const windowed = [flags.from, flags.to, since].some((flag) => flag !== undefined)
    if (campaign === undefined) {
      if (follow) return yield* Result.fail("--follow goes with --campaign ID: it registers what a campaign sends")
      if (windowed) return yield* Result.fail("--from, --to and --since go with --campaign ID")
      if (flags.file === undefined) return yield* Result.fail("name a file of messages, or a campaign: --campaign ID")
      return undefined
    }
    const campaignId = campaign.trim()
    if (campaignId === "") return yield* Result.fail("--campaign needs the id of a campaign")
    if (follow && once) return yield* Result.fail("--once ends after one look, and --follow goes on: leave one out")
    if (since !== undefined && (flags.from !== undefined || flags.to !== undefined)) {
      return yield* Result.fail("--since is a window that ends now: leave it out, or --from and --to")
    }
    const parse = Instant.makeParser(
      flags.timeZone === undefined ? undefined : yield* Instant.parseTimeZone(flags.timeZone)
    )
    const time = (name: string, text: string) =>
      Result.mapError(parse(text), (problem) => `${name} ${JSON.stringify(text)} ${problem}`)
    const from = flags.from === undefined ? undefined : yield* time("--from", flags.from)
    const until = flags.to === undefined ? undefined : yield* time("--to", flags.to)
    const begin = from ?? (since === undefined ? undefined : now - since)
    if (begin === undefined) {
      return yield* Result.fail("--campaign needs to know when it was sent: --from TIME --to TIME, or --since 2h")
    }
    const to = until ?? (follow ? undefined : now)
    if (begin >= (to ?? Number.POSITIVE_INFINITY)) {
      return yield* Result.fail(until === undefined ? "--from lies ahead" : "--from must be before --to")
    }
    if (!follow && to !== undefined && to > now) {
      return yield* Result.fail("--to lies ahead: say --follow to register until then what is sent")
    }
    return { campaignId, from: begin, to }
  })

/** Why sources cannot list a campaign, in one line; nothing where one can. */
export const refuse = (
  { from }: Campaign,
  sources: ReadonlyArray<Pick<ReceiptSource.ReceiptSource, "sweep" | "retention">>,
  now: number
): string | undefined => {
  const able = sources.filter(({ sweep }) => sweep !== undefined)
  if (able.length === 0) {
    return sources.length === 0
      ? "--campaign: the configuration names no source"
      : "--campaign: the messaging API cannot list a campaign: set GENESYS_API=conversations"
  }
  const retention = Math.max(...able.map((source) => source.retention))
  if (now - from <= retention) return undefined
  return `--campaign: its window begins ${days(now - from) + 1} days ago, and the platform keeps receipts for ${days(retention)}`
}

const days = (millis: number) => Math.floor(millis / 86_400_000)
