import { createHash, randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { err, ok, type Result } from "@heliograph/kernel";
import { ConfigError, makeFolder } from "@heliograph/runtime";

/** The keys that messages are encrypted with: new ones with `current`, old ones with whichever they name. */
export interface KeyRing {
  readonly current: string;
  keyOf(id: string): Buffer | undefined;
}

/**
 * Reads 256-bit keys, in hexadecimal or base64, separated by commas or line ends; the first one encrypts, all of them
 * decrypt. To rotate, put a new key first and drop the old one when the longest keeping time has passed.
 * A key's id is made from the key, so that it cannot be given to another one by mistake (D-deferred-store-2).
 *
 * @spec DF-11
 */
export function parseKeyRing(text: string): Result<KeyRing, string> {
  const keys = new Map<string, Buffer>();
  for (const word of text.split(/[\s,]+/).filter((part) => part !== "")) {
    const key = decode(word);
    if (!key) return err("each key must be 32 bytes, as 64 hexadecimal digits or in base64");
    keys.set(createHash("sha256").update("heliograph key id\n").update(key).digest("hex").slice(0, 8), key);
  }
  const [current] = keys.keys();
  if (current === undefined) return err("there is no key");
  return ok({ current, keyOf: (id) => keys.get(id) });
}

/** The keys of a file that only we may read; made with one new key when it is not there. Two makers get the same one. */
export function keyRingIn(path: string): KeyRing {
  if (!existsSync(path)) makeKeyFile(path);
  if ((statSync(path).mode & 0o077) !== 0)
    throw new ConfigError([`${path} can be read by others: chmod 600 it`]);
  const ring = parseKeyRing(readFileSync(path, "utf8"));
  if (!ring.ok) throw new ConfigError([`${path}: ${ring.error}`]);
  return ring.value;
}

function makeKeyFile(path: string): void {
  makeFolder(dirname(path), 0o711);
  const next = `${path}.${randomBytes(4).toString("hex")}`;
  writeFileSync(next, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(next, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(next, { force: true });
  }
}

function decode(word: string): Buffer | undefined {
  const key = /^[0-9a-fA-F]{64}$/.test(word) ? Buffer.from(word, "hex") : Buffer.from(word, "base64");
  return key.length === 32 ? key : undefined;
}
