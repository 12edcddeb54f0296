import { createCipheriv, createDecipheriv, randomFillSync } from "node:crypto";
import { PagerMessage } from "@heliograph/contracts";
import { z } from "zod";
import type { LargeContent } from "../domain/large-content.js";
import type { KeyRing } from "./key-ring.js";

/** A message at rest: one version byte, the nonce, the encrypted envelope, the tag. */
export interface Sealed {
  readonly keyId: string;
  readonly octets: Uint8Array;
}

/** What an envelope holds: the message, and where the rest of a large one is. */
export interface Enclosed {
  readonly message: PagerMessage;
  readonly large: LargeContent | undefined;
}

/** Why an envelope stays shut. `unknown-key`: it may open once the key is back. `damaged`: it was changed, or moved to another row. */
export type Unopenable =
  | { readonly kind: "unknown-key"; readonly keyId: string }
  | { readonly kind: "damaged" };

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const algorithm = "aes-256-gcm";

/**
 * Encrypts the whole message, headers and addresses included, and the key of a large content. `row` says where it
 * belongs: an envelope that somebody copies into another row does not open there.
 *
 * @spec DF-11
 */
export function seal({ message, large }: Enclosed, row: string, keys: KeyRing): Sealed {
  const key = keys.keyOf(keys.current);
  if (!key) throw new Error("the key ring has no current key");
  const { body, ...envelope } = message;
  const text = JSON.stringify({
    ...envelope,
    ...(large && { large: { ...large, key: Buffer.from(large.key).toString("base64") } }),
  });
  const textBytes = Buffer.byteLength(text);
  const plain = Buffer.allocUnsafe(4 + textBytes + body.length);
  plain.writeUInt32BE(textBytes, 0);
  plain.write(text, 4);
  plain.set(body, 4 + textBytes);
  return { keyId: keys.current, octets: encrypt(plain, row, key) };
}

/** Decrypts what {@link seal} made for the same row. @spec DF-11 */
export function unseal({ keyId, octets }: Sealed, row: string, keys: KeyRing): Enclosed | Unopenable {
  const key = keys.keyOf(keyId);
  if (!key) return { kind: "unknown-key", keyId };
  try {
    const plain = decrypt(octets, row, key);
    return plain ? open(plain) : { kind: "damaged" };
  } catch {
    return { kind: "damaged" };
  }
}

/** Encrypts octets; `place` says where they belong, and they open nowhere else. @spec DF-11 */
export function encrypt(plain: Uint8Array, place: string, key: Uint8Array): Uint8Array {
  const octets = Buffer.allocUnsafe(1 + nonceBytes + plain.length + tagBytes);
  octets[0] = version;
  const nonce = octets.subarray(1, 1 + nonceBytes);
  nonce.set(nextNonce());
  const cipher = createCipheriv(algorithm, key, nonce);
  cipher.setAAD(Buffer.from(place));
  octets.set(cipher.update(plain), 1 + nonceBytes);
  cipher.final();
  octets.set(cipher.getAuthTag(), octets.length - tagBytes);
  return octets;
}

/** Decrypts what {@link encrypt} made for the same place; nothing where it was changed. @spec DF-11 */
export function decrypt(octets: Uint8Array, place: string, key: Uint8Array): Buffer | undefined {
  if (octets[0] !== version || octets.length < 1 + nonceBytes + tagBytes) return undefined;
  try {
    const decipher = createDecipheriv(algorithm, key, octets.subarray(1, 1 + nonceBytes));
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(octets.subarray(octets.length - tagBytes));
    return Buffer.concat([decipher.update(octets.subarray(1 + nonceBytes, -tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Random octets drawn many at a time: a call for twelve of them costs as much as the encryption. */
const nonces = Buffer.alloc(nonceBytes * 1024);
let noncesUsed = nonces.length;

function nextNonce(): Uint8Array {
  if (noncesUsed === nonces.length) {
    randomFillSync(nonces);
    noncesUsed = 0;
  }
  noncesUsed += nonceBytes;
  return nonces.subarray(noncesUsed - nonceBytes, noncesUsed);
}

const Envelope = PagerMessage.omit({ body: true }).extend({
  large: z
    .object({
      id: z.string(),
      key: z.base64().transform((text) => Buffer.from(text, "base64")),
      messageId: z.string(),
      bytes: z.number(),
      pieceBytes: z.number(),
      headBytes: z.number(),
    })
    .optional(),
});

function open(plain: Buffer): Enclosed {
  const textBytes = plain.readUInt32BE(0);
  const { large, ...envelope } = Envelope.parse(JSON.parse(plain.toString("utf8", 4, 4 + textBytes)));
  return { message: { ...envelope, body: plain.subarray(4 + textBytes) }, large };
}

/** Whether an envelope stayed shut. */
export const isUnopenable = (opened: Enclosed | Unopenable): opened is Unopenable => "kind" in opened;
