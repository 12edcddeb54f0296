import { createHmac } from "node:crypto";
import type { Chance, Clock } from "@heliograph/kernel";
import { type ChallengedAttempt, checkNonce, issueNonce, type NonceAge } from "@heliograph/sip";
import type { Nonces } from "../ports.js";

interface Options {
  readonly clock: Pick<Clock, "nowMs">;
  readonly chance: Chance;
  readonly lifeMs: number;
}

const saltBytes = 6;
const markChars = 22;

/** Nonces under a key that every process of the deployment has. @spec rfc7616#3.3 @spec GEN-31 */
export class StatelessNonces implements Nonces {
  readonly lifeMs: number;

  constructor(
    private readonly key: Uint8Array,
    private readonly options: Options,
  ) {
    this.lifeMs = options.lifeMs;
  }

  issue(realm: string, challenged?: ChallengedAttempt): string {
    return issueNonce({ ...this.#keyFor(realm), salt: this.options.chance.token(saltBytes), challenged });
  }

  check(nonce: string, realm: string): NonceAge {
    return checkNonce(nonce, { ...this.#keyFor(realm), lifeMs: this.lifeMs });
  }

  #keyFor(realm: string) {
    return { hmac: this.#hmac, realm, nowMs: this.options.clock.nowMs() };
  }

  readonly #hmac = (text: string): string =>
    createHmac("sha256", this.key).update(text).digest("base64url").slice(0, markChars);
}
