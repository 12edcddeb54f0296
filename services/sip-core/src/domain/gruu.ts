import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import type { Binding } from "@heliograph/contracts";
import { temporaryGruuPrefix } from "./registration-request.js";

/**
 * The public GRUU of an instance: the address of record with the instance's URN. It needs no memory, so it is valid
 * as long as its user is. @spec rfc5627#5.4 @spec SC-14 @spec R-sip-core-2 @spec D-sip-core-1
 */
export function publicGruuOf(aor: string, instance: string): string {
  return `${aor};gr=${escapeParam(instance.replace(/^<|>$/g, ""))}`;
}

/** Who is meant by a temporary GRUU. */
export interface TemporaryGruu {
  readonly aor: string;
  readonly issuedAtMs: number;
  /** Tells instances of the user apart without naming them. */
  readonly instanceMark: string;
}

const ivBytes = 12;
const tagBytes = 16;
const markBytes = 8;
const timeBytes = 6;
/** Addresses are filled up to a multiple of it, so that the length of a GRUU does not tell whose it is. */
const paddedTo = 32;

/**
 * Temporary GRUUs that nobody has to remember: address, instance and time, encrypted and sealed. Two of them cannot
 * be told to be of one user without the key. @spec rfc5627#5.1 @spec rfc5627#A.2
 */
export class TemporaryGruus {
  constructor(private readonly key: Uint8Array) {}

  /** A new one for an instance of a user. */
  issue(aor: string, instance: string, issuedAtMs: number): string {
    const name = Buffer.from(aor, "utf8");
    const plain = Buffer.alloc(markBytes + timeBytes + Math.ceil(name.length / paddedTo) * paddedTo);
    markOf(instance).copy(plain, 0);
    plain.writeUIntBE(issuedAtMs, markBytes, timeBytes);
    name.copy(plain, markBytes + timeBytes);
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv("aes-256-gcm", this.key, iv);
    const sealed = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return `sip:${temporaryGruuPrefix}${sealed.toString("base64url")}${aor.slice(aor.indexOf("@"))};gr`;
  }

  /** What a user part says, or undefined when it is not a temporary GRUU of ours. */
  read(user: string): TemporaryGruu | undefined {
    if (!user.startsWith(temporaryGruuPrefix)) return undefined;
    const sealed = Buffer.from(user.slice(temporaryGruuPrefix.length), "base64url");
    const plain = this.#open(sealed);
    if (!plain || plain.length <= markBytes + timeBytes) return undefined;
    return {
      instanceMark: plain.toString("hex", 0, markBytes),
      issuedAtMs: plain.readUIntBE(markBytes, timeBytes),
      aor: plain.toString("utf8", markBytes + timeBytes).replace(/\0+$/, ""),
    };
  }

  #open(sealed: Buffer): Buffer | undefined {
    if (sealed.length < ivBytes + tagBytes) return undefined;
    const decipher = createDecipheriv("aes-256-gcm", this.key, sealed.subarray(0, ivBytes));
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(ivBytes, -tagBytes)), decipher.final()]);
    } catch {
      return undefined;
    }
  }
}

/** The instance that a temporary GRUU means, while it is registered and was not made anew since. @spec SC-14 */
export function instanceOf(gruu: TemporaryGruu, bindings: readonly Binding[]): string | undefined {
  return bindings.find(
    ({ instance, instanceSinceMs }) =>
      instance !== undefined &&
      (instanceSinceMs ?? Number.POSITIVE_INFINITY) <= gruu.issuedAtMs &&
      markOf(instance).toString("hex") === gruu.instanceMark,
  )?.instance;
}

function markOf(instance: string): Buffer {
  return createHash("sha256").update(instance).digest().subarray(0, markBytes);
}

/** What a URI parameter may hold bare stays bare. @spec rfc3261#25.1 */
function escapeParam(text: string): string {
  return text.replace(/[^\w\-.!~*'()[\]/:&+$]/g, (character) => encodeURIComponent(character));
}
