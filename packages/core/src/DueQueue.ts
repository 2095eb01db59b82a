/**
 * Numbers of messages in the order of their due moments, for runs in memory; in a tracker, the journal does this.
 *
 * @module
 */

/** Messages in the order of their due moments. */
export interface DueQueue {
  /** Puts a message in, or moves it. What is never due is not kept. */
  readonly set: (message: number, at: number) => void
  /** The moment that a message was last put in for. */
  readonly of: (message: number) => number
  /** Takes out the soonest due. */
  readonly take: (most: number) => Array<number>
  /** All messages that are in. */
  readonly all: () => Array<number>
}

/** Makes a queue for messages 0 to `count` - 1: a binary heap, in which a message that moves leaves its old entry. */
export const make = (count: number): DueQueue => {
  const moments = new Float64Array(count)
  const isIn = new Uint8Array(count)
  let keys = new Float64Array(1024)
  let values = new Int32Array(1024)
  let size = 0

  const push = (key: number, value: number) => {
    if (size === keys.length) {
      const [oldKeys, oldValues] = [keys, values]
      keys = new Float64Array(size * 2)
      values = new Int32Array(size * 2)
      keys.set(oldKeys)
      values.set(oldValues)
    }
    let at = size++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (keys[parent]! <= key) break
      keys[at] = keys[parent]!
      values[at] = values[parent]!
      at = parent
    }
    keys[at] = key
    values[at] = value
  }

  const pop = () => {
    const key = keys[--size]!
    const value = values[size]!
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      if (child + 1 < size && keys[child + 1]! < keys[child]!) child++
      if (keys[child]! >= key) break
      keys[at] = keys[child]!
      values[at] = values[child]!
      at = child
    }
    keys[at] = key
    values[at] = value
  }

  const isValid = (key: number, value: number) => isIn[value] === 1 && moments[value] === key

  return {
    set: (message, at) => {
      if (isIn[message] === 1 && moments[message] === at) return
      moments[message] = at
      isIn[message] = at < Number.POSITIVE_INFINITY ? 1 : 0
      if (isIn[message] === 1) push(at, message)
    },
    of: (message) => moments[message]!,
    take: (most) => {
      const taken: Array<number> = []
      while (size > 0 && taken.length < most) {
        const [key, value] = [keys[0]!, values[0]!]
        pop()
        if (!isValid(key, value)) continue
        isIn[value] = 0
        taken.push(value)
      }
      return taken
    },
    all: () => {
      const all = new Set<number>()
      for (let at = 0; at < size; at++) if (isValid(keys[at]!, values[at]!)) all.add(values[at]!)
      return Array.from(all)
    }
  }
}
