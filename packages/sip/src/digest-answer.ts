import { type Digester, digestOf, ha1Of } from "./digest.js";
import { type DigestChallenge, parseChallenge } from "./digest-challenge.js";
import { quoteString } from "./quoted-string.js";

/** What an answer needs beside the challenge. */
export interface AnswerParts {
  readonly username: string;
  readonly password: string;
  readonly method: string;
  /** The Request-URI. */
  readonly uri: string;
  readonly cnonce: string;
  /** How many requests used the nonce, this one included. */
  readonly nc: number;
  readonly digester: Digester;
}

/**
 * The value of an Authorization or Proxy-Authorization field: the answer to the topmost challenge that we understand,
 * undefined when there is none.
 *
 * @spec rfc7616#3.4
 * @spec rfc8760#2.4
 * @spec CL-02
 */
export function answerChallenge(
  parts: AnswerParts & { readonly challenges: readonly string[] },
): string | undefined {
  for (const text of parts.challenges) {
    const challenge = parseChallenge(text);
    if (challenge) return formatAnswer(challenge, parts);
  }
  return undefined;
}

/** username, realm, nonce, uri, response, cnonce and opaque are quoted; algorithm, qop and nc are not. @spec GEN-31 */
function formatAnswer(challenge: DigestChallenge, parts: AnswerParts): string {
  const { realm, nonce, variant, algorithm, opaque } = challenge;
  const { username, password, method, uri, cnonce, digester } = parts;
  const ha1 = ha1Of({ username, realm, password, algorithm: variant.algorithm, digester });
  const nc = parts.nc.toString(16).padStart(8, "0");
  // D-sip-101
  const protection = challenge.hasQop ? ({ qop: "auth", nc, cnonce } as const) : undefined;
  const response = digestOf({ ha1, variant, nonce, method, uri, protection, digester });
  return [
    `Digest username=${quoteString(username)}`,
    `realm=${quoteString(realm)}`,
    `nonce=${quoteString(nonce)}`,
    `uri=${quoteString(uri)}`,
    `response="${response}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(protection ? [`cnonce=${quoteString(cnonce)}`, "qop=auth", `nc=${nc}`] : []),
    ...(opaque === undefined ? [] : [`opaque=${quoteString(opaque)}`]),
  ].join(", ");
}
