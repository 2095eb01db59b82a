/**
 * What sweeps could settle, in cells of time: how many open messages of each carrier were sent in it, how many
 * conversations started in it (they are what a sweep reads, a page at a time, ended ones included), and up to when their
 * state is known. Cells stand for messages, so that neither memory nor time grows with what is pending.
 *
 * Only messages that are alone in their conversation are counted: of several messages in one, a sweep tells nothing.
 * All times in milliseconds; moments since the epoch.
 *
 * @module
 */
import * as DelayCurve from "./DelayCurve.ts"
import type { DelayCurves } from "./DelayCurves.ts"

/** What sweeps are like. */
export interface SweepOptions {
  /** Conversations that one request reads. */
  readonly pageSize: number
  /** A sweep shows how things were so long ago. */
  readonly lag: number
}

/** A window of conversation starts to sweep, `to` excluded. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** A window, what it costs and what it is expected to reveal. */
export interface Sweep {
  readonly window: Window
  /** Requests. */
  readonly pages: number
  /** Unseen time that is expected to be revealed, for each request. */
  readonly gain: number
}

/** Messages that a sweep could settle: sent then, and last shown open then. */
export interface Sweepable {
  readonly carrier: string
  readonly bornAt: number
  readonly openAt: number
}

/** What sweeps could settle. */
export interface SweepCells {
  /** Conversations have started. */
  readonly started: (bornAt: number, count?: number) => void
  /** Open messages that are alone in their conversation are new. */
  readonly add: (message: Sweepable, count?: number) => void
  /** A message that was added has ended, or is no longer alone. */
  readonly remove: (message: Sweepable) => void
  /** A look-up showed a message that was added open at that moment. */
  readonly looked: (message: Sweepable, at: number) => void
  /** A message past its deadline waits for a last look; the next sweep that shows how it was after it is one. */
  readonly awaitLast: (bornAt: number, deadlineAt: number) => void
  /** It does so no more. */
  readonly lastSeen: (bornAt: number) => void
  /** All pages of a window have been read, the first at that moment; so many conversations were in it. */
  readonly swept: (window: Window, at: number, conversations: number) => void
  /** Up to when sweeps have shown the state of what was sent then; 0 where they have not. */
  readonly seenAt: (bornAt: number) => number
  /** When what was sent then is likely to be swept next. */
  readonly nextAt: (bornAt: number, now: number, price: number) => number
  /** The window with the best gain, of those that are near to being worth this price. */
  readonly best: (now: number, price: number) => Sweep | undefined
  /** When the next window may be worth the price that {@link SweepCells.best} was last asked with, as things stand. */
  readonly nextDue: (now: number) => number
}

interface Cell {
  readonly start: number
  end: number
  conversations: number
  seenAt: number
  /** Messages past their deadline. */
  last: number
  /** The latest of their deadlines. */
  lastDeadline: number
  /** For each carrier the open messages, and the sum of what they are known to have been open for since the start. */
  readonly open: Map<string, { count: number; known: number }>
  total: number
  /** Changes since the due moment was computed, and the price that it was computed for. */
  changes: number
  dueAt: number
}

/** The length of a cell. */
const width = 15_000
/** No more cells than this: the oldest neighbours become one. */
const most = 4_000
/** A window ends before it has more pages, and more cells, than this. */
const mostPages = 30
const mostCells = 240
/** A cell is looked at again after this share of its messages has changed. */
const changed = 0.1
/** Neighbours with less than this share of the best gain are not swept along. */
const worthTaking = 0.25

/** Makes the cells. A message that waits for its last look is worth `lastGain` of unseen time. */
export const make = ({ lag, pageSize }: SweepOptions, curves: DelayCurves, lastGain: number): SweepCells => {
  /** In the order of their start. */
  const cells: Array<Cell> = []
  /** How old messages were, of late, when they were swept for the first time. */
  let firstAge = lag + 2 * width
  let pricedAt = Number.NaN

  /** The index of the last cell that starts at or before that moment, or -1. */
  const indexAt = (moment: number) => {
    let low = -1
    let high = cells.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (cells[middle]!.start <= moment) low = middle
      else high = middle
    }
    return low
  }

  const cellAt = (moment: number): Cell | undefined => {
    const cell = cells[indexAt(moment)]
    return cell !== undefined && moment < cell.end ? cell : undefined
  }

  const ensure = (moment: number): Cell => {
    const index = indexAt(moment)
    const before = cells[index]
    if (before !== undefined && moment < before.end) return before
    const start = Math.max(Math.floor(moment / width) * width, before?.end ?? Number.NEGATIVE_INFINITY)
    const end = Math.min((Math.floor(moment / width) + 1) * width, cells[index + 1]?.start ?? Number.POSITIVE_INFINITY)
    const made: Cell = {
      ...{ start, end, conversations: 0, seenAt: 0, last: 0, lastDeadline: 0, open: new Map(), total: 0 },
      ...{ changes: 1, dueAt: 0 }
    }
    cells.splice(index + 1, 0, made)
    if (cells.length > most) join()
    return made
  }

  /** Drops what has nothing open, and joins the oldest half of the cells in pairs if that is not enough. */
  const join = () => {
    const kept = cells.filter(({ last, total }, index) => total > 0 || last > 0 || index > cells.length - 8)
    if (kept.length > most / 2) {
      for (let index = 0; index < kept.length / 2; index++) {
        const [cell, next] = [kept[index]!, kept[index + 1]!]
        cell.end = next.end
        cell.conversations += next.conversations
        cell.last += next.last
        cell.lastDeadline = Math.max(cell.lastDeadline, next.lastDeadline)
        cell.seenAt = Math.min(cell.seenAt, next.seenAt)
        for (const [carrier, { count, known }] of next.open) {
          put(cell, carrier, count, known + count * (next.start - cell.start))
        }
        kept.splice(index + 1, 1)
      }
    }
    cells.splice(0, cells.length, ...kept)
  }

  const put = (cell: Cell, carrier: string, count: number, known: number) => {
    const open = cell.open.get(carrier)
    if (open === undefined) cell.open.set(carrier, { count, known })
    else {
      open.count += count
      open.known += known
      if (open.count <= 0) cell.open.delete(carrier)
    }
    cell.total = Math.max(0, cell.total + count)
    cell.changes += Math.abs(count)
  }

  const knownOf = (cell: Cell, { openAt }: Sweepable) => Math.max(openAt, cell.seenAt) - cell.start

  /** The unseen time that a sweep of the cell would reveal. */
  const gainAt = (cell: Cell, now: number) => {
    let sum = cell.last === 0 || now - lag < cell.end ? 0 : cell.last * lastGain
    const end = Math.min(cell.end, now)
    const middle = (end - cell.start) / 2
    const age = end - cell.start - middle + (now - end)
    if (age <= lag) return sum
    for (const [carrier, { count, known }] of cell.open) {
      const since = Math.max(0, known / count - middle)
      sum += count * DelayCurve.unseenBehind(curves.of(carrier), since, age, lag)
    }
    return sum
  }

  /** When the cell's gain reaches the price of the share of pages that it fills. */
  const price = (cell: Cell, now: number, perPage: number) => {
    cell.changes = 0
    const wanted = (perPage * Math.max(1, cell.conversations)) / pageSize
    if (cell.total === 0 && cell.last === 0) cell.dueAt = Number.POSITIVE_INFINITY
    else if (gainAt(cell, now) >= wanted) cell.dueAt = now
    else {
      let step = 1_000
      while (step < 40 * 86_400_000 && gainAt(cell, now + step) < wanted) step *= 2
      let low = step === 1_000 ? 0 : step / 2
      for (let round = 0; round < 6; round++) {
        const middle = (low + step) / 2
        if (gainAt(cell, now + middle) < wanted) low = middle
        else step = middle
      }
      cell.dueAt = now + step
    }
  }

  const refresh = (cell: Cell, now: number, perPage: number) => {
    if (cell.changes > changed * cell.total) price(cell, now, perPage)
  }

  const pagesOf = (conversations: number) => Math.max(1, Math.ceil(conversations / pageSize))

  /** The best window around a cell: neighbours join it as long as they are worth it. */
  const around = (index: number, now: number): Sweep => {
    let [low, high] = [index, index]
    let conversations = cells[index]!.conversations
    let gain = gainAt(cells[index]!, now)
    let best: Sweep = {
      window: { from: cells[index]!.start, to: cells[index]!.end },
      pages: pagesOf(conversations),
      gain: gain / pagesOf(conversations)
    }
    const neighbour = (at: number, touches: boolean) => {
      const cell = cells[at]
      if (cell === undefined || !touches || cell.start > now - lag) return undefined
      const own = gainAt(cell, now)
      return { cell, gain: own, density: own / Math.max(1, cell.conversations) }
    }
    let before = neighbour(low - 1, cells[low - 1]?.end === cells[low]!.start)
    let after = neighbour(high + 1, cells[high + 1]?.start === cells[high]!.end)
    while (high - low < mostCells) {
      const next = after === undefined || (before !== undefined && before.density > after.density) ? before : after
      if (next === undefined || next.density < (worthTaking * gain) / Math.max(1, conversations)) break
      conversations += next.cell.conversations
      gain += next.gain
      const pages = pagesOf(conversations)
      if (pages > mostPages) break
      if (next === before) {
        low--
        before = neighbour(low - 1, cells[low - 1]?.end === cells[low]!.start)
      } else {
        high++
        after = neighbour(high + 1, cells[high + 1]?.start === cells[high]!.end)
      }
      // Of about the same gain, the longer: its last page is a smaller part of it.
      if (gain / pages >= 0.9 * best.gain) {
        best = { window: { from: cells[low]!.start, to: cells[high]!.end }, pages, gain: gain / pages }
      }
    }
    return best
  }

  return {
    started: (bornAt, count = 1) => {
      ensure(bornAt).conversations += count
    },
    add: (message, count = 1) => {
      const cell = ensure(message.bornAt)
      put(cell, message.carrier, count, count * knownOf(cell, message))
    },
    remove: (message) => {
      const cell = cellAt(message.bornAt)
      if (cell !== undefined) put(cell, message.carrier, -1, -knownOf(cell, message))
    },
    looked: (message, at) => {
      const cell = cellAt(message.bornAt)
      if (cell === undefined) return
      const more = at - cell.start - knownOf(cell, message)
      const open = cell.open.get(message.carrier)
      if (open === undefined || more <= 0) return
      open.known += more
      cell.changes++
    },
    awaitLast: (bornAt, deadlineAt) => {
      const cell = ensure(bornAt)
      cell.last += 1
      cell.lastDeadline = Math.max(cell.lastDeadline, deadlineAt)
      cell.changes = Number.POSITIVE_INFINITY
    },
    lastSeen: (bornAt) => {
      const cell = ensure(bornAt)
      cell.last = Math.max(0, cell.last - 1)
      cell.changes = Number.POSITIVE_INFINITY
    },
    swept: ({ from, to }, at, conversations) => {
      const inside = cells
        .slice(indexAt(from), indexAt(to - 1) + 1)
        .filter(({ end, start }) => start >= from && end <= to)
      const believed = inside.reduce((sum, cell) => sum + cell.conversations, 0)
      for (const cell of inside) {
        const share = believed === 0 ? 1 / inside.length : cell.conversations / believed
        cell.conversations = Math.max(cell.conversations === 0 ? 0 : 1, conversations * share)
        // What was sent less than the lag ago has not been shown.
        if (cell.end > at - lag) continue
        if (cell.seenAt === 0) firstAge += 0.05 * (at - (cell.start + cell.end) / 2 - firstAge)
        cell.seenAt = Math.max(cell.seenAt, at - lag)
        // Whom it has not shown after its deadline, no other sweep will.
        if (cell.lastDeadline <= at - lag) cell.last = 0
        for (const open of cell.open.values()) {
          open.known = Math.max(open.known, open.count * (cell.seenAt - cell.start))
        }
        cell.changes = Number.POSITIVE_INFINITY
      }
    },
    seenAt: (bornAt) => cellAt(bornAt)?.seenAt ?? 0,
    nextAt: (bornAt, now, perPage) => {
      const cell = cellAt(bornAt)
      if (cell === undefined) return Number.POSITIVE_INFINITY
      if (cell.seenAt === 0) return Math.max(now + 1_000, bornAt + firstAge)
      refresh(cell, now, perPage)
      return Math.max(now, cell.dueAt)
    },
    best: (now, perPage) => {
      // Due moments from another price are no guide.
      if (!(perPage > 0.7 * pricedAt && perPage < 1.4 * pricedAt)) {
        pricedAt = perPage
        for (const cell of cells) price(cell, now, perPage)
      }
      let soonest = -1
      let dueAt = Number.POSITIVE_INFINITY
      for (let index = 0; index < cells.length; index++) {
        const cell = cells[index]!
        if (cell.start > now - lag) break
        if (cell.changes > 0) refresh(cell, now, perPage)
        if (cell.dueAt >= dueAt) continue
        soonest = index
        dueAt = cell.dueAt
      }
      if (soonest === -1) return undefined
      const best = around(soonest, now)
      // Not yet worth it, whatever the neighbours: others come first for a while.
      if (best.gain < perPage && dueAt <= now) {
        const cell = cells[soonest]!
        cell.dueAt = now + Math.max(1_000, 0.02 * (now - cell.end))
      }
      return best
    },
    nextDue: (now) => {
      let next = Number.POSITIVE_INFINITY
      for (const { dueAt, start } of cells) next = Math.min(next, Math.max(dueAt, start + lag, now))
      return next
    }
  }
}
