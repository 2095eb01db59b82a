/**
 * A disk in memory: what is written and not synced is gone, or half gone, after a power cut; and a write can fail half-way.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as PlatformError from "effect/PlatformError"

/** A file: its bytes, and how many of them a power cut leaves. */
interface Inode {
  readonly kind: "File" | "Directory"
  bytes: Uint8Array
  length: number
  durable: number
  links: bigint
  readonly ino: bigint
}

/** What the disk asks before it does something that lasts; the answer may be that it fails. */
export interface Mishaps {
  /** How much of a write of so many bytes still gets onto the disk, where it fails; `undefined` where it does not. */
  readonly write: (size: number) => number | undefined
  /** Whether a sync fails. */
  readonly sync: () => boolean
  /** How much of what was never synced a power cut leaves. */
  readonly left: (unsynced: number) => number
}

/** A disk. */
export interface Disk {
  readonly fileSystem: FileSystem.FileSystem
  /** The power goes: what was not synced goes with it. */
  readonly cutPower: () => void
  /** The contents of a file; `undefined` where there is none. */
  readonly read: (path: string) => Uint8Array | undefined
  readonly write: (path: string, contents: string) => void
  readonly paths: () => ReadonlyArray<string>
}

const encoder = new TextEncoder()

const failure = (
  tag: PlatformError.SystemErrorTag,
  method: string,
  path: string,
  description: string
): PlatformError.PlatformError =>
  PlatformError.systemError({ _tag: tag, module: "FileSystem", method, pathOrDescriptor: path, description })

/** Makes an empty disk. */
export const make = (mishaps: Mishaps): Disk => {
  const inodes = new Map<string, Inode>()
  let lastIno = 0n

  const create = (path: string, kind: Inode["kind"]): Inode => {
    lastIno += 1n
    const inode: Inode = { kind, bytes: new Uint8Array(256), length: 0, durable: 0, links: 1n, ino: lastIno }
    inodes.set(path, inode)
    return inode
  }
  const append = (inode: Inode, more: Uint8Array) => {
    const length = inode.length + more.length
    if (length > inode.bytes.length) {
      const larger = new Uint8Array(2 * length)
      larger.set(inode.bytes.subarray(0, inode.length))
      inode.bytes = larger
    }
    inode.bytes.set(more, inode.length)
    inode.length = length
  }
  const cut = (inode: Inode, length: number) => {
    inode.length = Math.min(inode.length, length)
    inode.durable = Math.min(inode.durable, length)
  }
  const unlink = (path: string) => {
    const inode = inodes.get(path)
    if (inode !== undefined) inode.links = 0n
    inodes.delete(path)
  }
  const contents = ({ bytes, length }: Inode) => bytes.slice(0, length)
  const find = (method: string, path: string) =>
    Effect.suspend(() => {
      const inode = inodes.get(path)
      return inode === undefined
        ? Effect.fail(failure("NotFound", method, path, "No such file or directory"))
        : Effect.succeed(inode)
    })
  const write = (inode: Inode, path: string, bytes: Uint8Array) =>
    Effect.suspend(() => {
      const fits = mishaps.write(bytes.length)
      append(inode, fits === undefined ? bytes : bytes.subarray(0, fits))
      return fits === undefined
        ? Effect.void
        : Effect.fail(failure("Unknown", "write", path, "ENOSPC: no space left on device, write"))
    })
  const info = (inode: Inode): FileSystem.File.Info => ({
    type: inode.kind,
    mtime: Option.none(),
    atime: Option.none(),
    birthtime: Option.none(),
    dev: 1n,
    ino: Option.some(inode.ino),
    mode: 0o600,
    nlink: Option.some(inode.links),
    uid: Option.none(),
    gid: Option.none(),
    rdev: Option.none(),
    size: BigInt(inode.length) as FileSystem.File.Info["size"],
    blksize: Option.none(),
    blocks: Option.none()
  })

  const opened = (inode: Inode, path: string): FileSystem.File => {
    let place = 0
    const take = (size: number, position: bigint | undefined) => {
      const from = position === undefined ? place : Number(position)
      const read = inode.bytes.slice(from, Math.min(from + size, inode.length))
      if (position === undefined) place += read.length
      return read
    }
    return {
      [FileSystem.FileTypeId]: FileSystem.FileTypeId,
      stat: Effect.sync(() => info(inode)),
      seek: (offset, from) =>
        Effect.sync(() => {
          place = from === "start" ? Number(offset) : place + Number(offset)
          return BigInt(place)
        }),
      sync: Effect.suspend(() => {
        if (mishaps.sync()) return Effect.fail(failure("Unknown", "sync", path, "EIO: i/o error, fsync"))
        inode.durable = inode.length
        return Effect.void
      }),
      read: (buffer, options) =>
        Effect.sync(() => {
          const read = take(buffer.length, options?.position)
          buffer.set(read)
          return read.length
        }),
      readAlloc: (size, options) =>
        Effect.sync(() => {
          const read = take(size, options?.position)
          return read.length === 0 ? Option.none() : Option.some(read)
        }),
      truncate: (length = 0) => Effect.sync(() => cut(inode, length)),
      write: (buffer) => Effect.as(write(inode, path, buffer), buffer.length),
      writeAll: (buffer) => write(inode, path, buffer)
    }
  }

  const open: FileSystem.FileSystem["open"] = (path, options) =>
    Effect.suspend(() => {
      const flag = options?.flag ?? "r"
      const known = inodes.get(path)
      if (flag.startsWith("r")) return Effect.map(find("open", path), (inode) => opened(inode, path))
      if (known !== undefined && flag.includes("x")) {
        return Effect.fail(failure("AlreadyExists", "open", path, "file already exists"))
      }
      const inode = known ?? create(path, "File")
      if (flag.startsWith("w")) cut(inode, 0)
      return Effect.succeed(opened(inode, path))
    })

  const some = FileSystem.makeNoop({
    open,
    access: (path) => Effect.asVoid(find("access", path)),
    stat: (path) => Effect.map(find("stat", path), info),
    chmod: (path) => Effect.asVoid(find("chmod", path)),
    realPath: (path) => Effect.as(find("realPath", path), path),
    readFile: (path) => Effect.map(find("readFile", path), contents),
    makeDirectory: (path) => Effect.sync(() => void (inodes.has(path) || create(path, "Directory"))),
    remove: (path) => Effect.sync(() => unlink(path)),
    rename: (from, to) =>
      Effect.map(find("rename", from), (inode) => {
        unlink(to)
        inodes.delete(from)
        inodes.set(to, inode)
      })
  })

  return {
    fileSystem: FileSystem.make(some),
    cutPower: () => {
      for (const inode of inodes.values()) cut(inode, inode.durable + mishaps.left(inode.length - inode.durable))
      for (const inode of inodes.values()) inode.durable = inode.length
    },
    read: (path) => {
      const inode = inodes.get(path)
      return inode === undefined ? undefined : contents(inode)
    },
    write: (path, text) => {
      const inode = create(path, "File")
      append(inode, encoder.encode(text))
      inode.durable = inode.length
    },
    paths: () => Array.from(inodes.keys())
  }
}
