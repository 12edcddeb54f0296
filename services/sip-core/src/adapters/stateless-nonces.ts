import { createHmac, timingSafeEqual } from "node:crypto";
import type { Chance, Clock } from "@heliograph/kernel";
import type { Nonces } from "../ports.js";

interface Options {
  readonly clock: Pick<Clock, "nowMs">;
  readonly chance: Chance;
  readonly lifeMs: number;
}

const saltBytes = 6;
const markChars = 22;

/**
 * Nonces that nobody has to remember: when it was issued, a few random characters, and an HMAC over both and the
 * realm. Every process with the key knows its own kind. @spec rfc7616#3.3 @spec GEN-31
 */
export class StatelessNonces implements Nonces {
  readonly lifeMs: number;

  constructor(
    private readonly key: Uint8Array,
    private readonly options: Options,
  ) {
    this.lifeMs = options.lifeMs;
  }

  issue(realm: string): string {
    const { clock, chance } = this.options;
    const stem = `${clock.nowMs().toString(36)}.${chance.token(saltBytes)}`;
    return `${stem}.${this.#mark(stem, realm)}`;
  }

  check(nonce: string, realm: string): "fresh" | "stale" | "forged" {
    const end = nonce.length - markChars - 1;
    if (end < 1 || nonce.charAt(end) !== ".") return "forged";
    const stem = nonce.slice(0, end);
    const [given, own] = [Buffer.from(nonce.slice(end + 1)), Buffer.from(this.#mark(stem, realm))];
    if (given.length !== own.length || !timingSafeEqual(given, own)) return "forged";
    const issuedAtMs = Number.parseInt(stem, 36);
    return this.options.clock.nowMs() - issuedAtMs <= this.lifeMs ? "fresh" : "stale";
  }

  #mark(stem: string, realm: string): string {
    return createHmac("sha256", this.key).update(`${stem}\n${realm}`).digest("base64url").slice(0, markChars);
  }
}
