import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from "node:fs";
import { mkdir, unlink } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { MessageRefused } from "@heliograph/msrp-stack";
import type { OfferedFile } from "./session/file-desk.js";
import type { FileTaker, FileToSend } from "./session/file-transfer.js";

/** A file on disk, open to be sent. */
export interface OpenFile extends FileToSend {
  close(): void;
}

/** Opens a file on disk and computes its hash. Rejects with what the file system says. @spec rfc5547#8.2.1 */
export async function fileToSend(path: string, type: string = typeOf(path)): Promise<OpenFile> {
  const fd = openSync(path, "r");
  const stats = fstatSync(fd);
  if (!stats.isFile()) {
    closeSync(fd);
    throw new Error(`${path} is no file`);
  }
  const { size } = stats;
  return {
    name: basename(path),
    type,
    size,
    sha1: await sha1Of(path),
    source: {
      size,
      read: (from, most) => {
        const octets = Buffer.allocUnsafe(Math.min(most, size - from));
        return octets.subarray(0, readSync(fd, octets, 0, octets.length, from));
      },
    },
    close: () => closeSync(fd),
  };
}

/** Where a file that is being received ends up. */
export interface SavedFile extends FileTaker {
  /** Known once it is complete. */
  readonly path: string | undefined;
}

/** Files that are complete, by the hash of what was offered: a sender that does not know it yet goes on with them. */
const completed = new Map<string, string>();
const mostCompleted = 1_000;

/**
 * Takes a file to disk, under a name that is safe there and that nothing has yet. What has come before a loss stays
 * beside it, and the rest is added when the sender goes on; rejects when the offer goes on with what is not there. A
 * file whose hash is not the offered one is refused and removed. @spec rfc5547#8.3.1
 */
export async function saveFile(offer: OfferedFile, folder: string): Promise<SavedFile> {
  await mkdir(folder, { recursive: true });
  const name = safeName(offer.name);
  const part = join(folder, `.${offer.sha1?.replaceAll(":", "").toLowerCase() ?? name}.part`);
  const known = completed.get(part);
  if (offer.fromOctet > 1 && known !== undefined && existsSync(known)) return alreadyHere(known);
  return new PartialFile({ part, folder, name, sha1: offer.sha1, fd: openPart(part, offer.fromOctet) });
}

/** The rest of a file that has come already, by another way. */
function alreadyHere(path: string): SavedFile {
  return { path, write: () => undefined, complete: () => Promise.resolve(), abandon: () => undefined };
}

interface PartialFileParts {
  readonly part: string;
  readonly folder: string;
  readonly name: string;
  readonly sha1: string | undefined;
  readonly fd: number;
}

class PartialFile implements SavedFile {
  readonly #parts: PartialFileParts;
  #isOpen = true;
  #path: string | undefined;

  constructor(parts: PartialFileParts) {
    this.#parts = parts;
  }

  get path(): string | undefined {
    return this.#path;
  }

  write(at: number, octets: Uint8Array): void {
    if (this.#isOpen) writeSync(this.#parts.fd, octets, 0, octets.length, at);
  }

  async complete(size: number): Promise<void> {
    const { part, folder, name, sha1, fd } = this.#parts;
    if (this.#isOpen) ftruncateSync(fd, size);
    this.abandon();
    // Two transfers of one file may end together: the first has given it its name.
    const isHere = existsSync(part);
    if (isHere && sha1 !== undefined && hexOf(await sha1Of(part)) !== sha1.toUpperCase()) {
      await unlink(part);
      throw new MessageRefused(413, "The hash is not the one that was offered");
    }
    this.#path = existsSync(part) ? nameForGood(part, folder, name) : completed.get(part);
    if (this.#path === undefined) throw new MessageRefused(413, "What had come is gone");
  }

  abandon(): void {
    if (this.#isOpen) closeSync(this.#parts.fd);
    this.#isOpen = false;
  }
}

function nameForGood(part: string, folder: string, name: string): string {
  const path = freeName(folder, name);
  renameSync(part, path);
  completed.set(part, path);
  const [oldest] = completed.keys();
  if (completed.size > mostCompleted && oldest !== undefined) completed.delete(oldest);
  return path;
}

function openPart(part: string, fromOctet: number): number {
  if (fromOctet === 1) return openSync(part, "w");
  const fd = openSync(part, "r+");
  if (fstatSync(fd).size >= fromOctet - 1) return fd;
  closeSync(fd);
  throw new Error("what came before is not here");
}

/** The sender may have written anything: no folders, nothing hidden, nothing that a terminal obeys. */
function safeName(name = "file"): string {
  const plain = basename(name.replaceAll("\\", "/"))
    .replaceAll(/[\p{C}<>:"|?*]/gu, "_")
    .replace(/^\.+/, "")
    .trim()
    .slice(0, 120);
  return plain === "" ? "file" : plain;
}

function freeName(folder: string, name: string): string {
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  for (let number = 0; ; number += 1) {
    const path = join(folder, number === 0 ? name : `${stem} (${number})${extension}`);
    if (!existsSync(path)) return path;
  }
}

async function sha1Of(path: string): Promise<Uint8Array> {
  const hash = createHash("sha1");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest();
}

const hexOf = (octets: Uint8Array): string =>
  Array.from(octets, (octet) => octet.toString(16).padStart(2, "0").toUpperCase()).join(":");

const types: Readonly<Record<string, string>> = {
  ".txt": "text/plain",
  ".md": "text/markdown",
  ".html": "text/html",
  ".json": "application/json",
  ".pdf": "application/pdf",
  ".zip": "application/zip",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".mp3": "audio/mpeg",
  ".ogg": "audio/ogg",
  ".mp4": "video/mp4",
};

const typeOf = (path: string): string => types[extname(path).toLowerCase()] ?? "application/octet-stream";
