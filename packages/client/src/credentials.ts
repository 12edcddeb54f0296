import type { Chance } from "@heliograph/kernel";
import { answerChallenge, type Digester, type SipResponse } from "@heliograph/sip";

/** An Authorization or Proxy-Authorization header for the next request. */
export type AuthorizationHeader = readonly [name: string, value: string];

interface Options {
  readonly username: string;
  readonly password: string;
  readonly digester: Digester;
  readonly chance: Chance;
}

interface Remembered {
  readonly header: string;
  readonly challenges: readonly string[];
  count: number;
}

/**
 * Answers digest challenges, and answers the last one again, with the next nonce count, in the requests that follow:
 * most requests then need one round trip.
 *
 * @spec CL-02
 * @spec rfc3261#22.2
 */
export class Credentials {
  readonly #remembered = new Map<string, Remembered>();

  constructor(private readonly options: Options) {}

  /**
   * Remembers the challenge in a 401 or 407. False when there is nothing that we could answer, or when the
   * credentials that it refuses were already an answer to a fresh nonce: the password is wrong.
   */
  take(response: SipResponse, wasAnswered: boolean): boolean {
    const isProxy = response.status === 407;
    const challenges = response.headers.all(isProxy ? "Proxy-Authenticate" : "WWW-Authenticate");
    if (challenges.length === 0) return false;
    if (wasAnswered && !challenges.some((challenge) => /\bstale\s*=\s*"?true/i.test(challenge))) return false;
    const header = isProxy ? "Proxy-Authorization" : "Authorization";
    this.#remembered.set(header, { header, challenges, count: 0 });
    return true;
  }

  /** The headers for a request, one for each challenge that is remembered. */
  headersFor(method: string, uri: string): AuthorizationHeader[] {
    return [...this.#remembered.values()].flatMap((challenge) => {
      const value = this.#answer(challenge, method, uri);
      return value === undefined ? [] : [[challenge.header, value] as const];
    });
  }

  #answer(challenge: Remembered, method: string, uri: string): string | undefined {
    challenge.count += 1;
    const { username, password, digester, chance } = this.options;
    return answerChallenge({
      challenges: [...challenge.challenges],
      username,
      password,
      method,
      uri,
      cnonce: chance.token(12),
      nc: challenge.count,
      digester,
    });
  }
}
