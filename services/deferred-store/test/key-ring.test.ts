import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { isUnopenable, seal, unseal } from "../src/adapters/envelope.js";
import { type KeyRing, keyRingIn, parseKeyRing } from "../src/adapters/key-ring.js";
import { messageOf } from "./given.js";

const [one, other] = ["aa".repeat(32), Buffer.alloc(32, 7).toString("base64")];

function ringOf(text: string): KeyRing {
  const ring = parseKeyRing(text);
  if (!ring.ok) throw new Error(ring.error);
  return ring.value;
}

describe("DF-11 the keys of the store", () => {
  it("may be hexadecimal or base64, separated by commas or lines; the first one is current", () => {
    expect(ringOf(`${one},${other}\n`).current).toBe(ringOf(one).current);
    expect(ringOf(`${other}\n${one}`).current).toBe(ringOf(other).current);
  });

  it.each(["", "short", "zz".repeat(32), `${one},short`])("that are not keys (%j) are refused", (text) => {
    expect(parseKeyRing(text)).toMatchObject({ ok: false });
  });

  it("are made once in a file that nobody else may read, and found there again", () => {
    const dir = mkdtempSync(join(tmpdir(), "keys-"));
    const path = join(dir, "deeper", "deferred.key");
    const { current } = keyRingIn(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(keyRingIn(path).current).toBe(current);
    chmodSync(path, 0o644);
    expect(() => keyRingIn(path)).toThrow("chmod 600");
    rmSync(dir, { recursive: true });
  });
});

describe("DF-11 an envelope", () => {
  const keys = ringOf(`${one},${other}`);
  const message = messageOf({ body: Buffer.from([0, 1, 254, 255]) });

  it("opens in its row with its key, also when another one has become current", () => {
    const sealed = seal({ message, large: undefined }, "row", ringOf(other));
    const opened = unseal(sealed, "row", keys);
    expect(opened).toEqual({ message, large: undefined });
  });

  it("does not open in another row, nor when any octet of it was changed or is missing", () => {
    const sealed = seal({ message, large: undefined }, "row", keys);
    expect(unseal(sealed, "another row", keys)).toEqual({ kind: "damaged" });
    for (let index = 0; index < sealed.octets.length; index += 7) {
      const octets = Buffer.from(sealed.octets);
      octets[index] = (octets[index] ?? 0) ^ 1;
      expect(unseal({ ...sealed, octets }, "row", keys)).toEqual({ kind: "damaged" });
      expect(unseal({ ...sealed, octets: octets.subarray(0, index) }, "row", keys)).toEqual({
        kind: "damaged",
      });
    }
  });

  it("names the key that it waits for", () => {
    const sealed = seal({ message, large: undefined }, "row", keys);
    const opened = unseal(sealed, "row", ringOf(other));
    expect(isUnopenable(opened) && opened).toEqual({ kind: "unknown-key", keyId: keys.current });
  });

  it("never has the same nonce twice", () => {
    const nonces = Array.from({ length: 3_000 }, () =>
      Buffer.from(seal({ message, large: undefined }, "row", keys).octets.subarray(1, 13)).toString("hex"),
    );
    expect(new Set(nonces).size).toBe(nonces.length);
  });
});
