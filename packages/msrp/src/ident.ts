import type { Brand, Chance } from "@heliograph/kernel";

/** A transaction identifier or a Message-ID. @spec rfc4975#9 @spec MS-01 */
export type Ident = Brand<string, "Ident">;

/** The grammar ends at 32; longer ones of others are taken up to here. @spec R-msrp-1 */
const longestTaken = 128;
const shape = /^[A-Za-z0-9][A-Za-z0-9.\-+%=]+$/;

/** Reads an `ident`; undefined is none. @spec rfc4975#9 */
export function parseIdent(text: string): Ident | undefined {
  if (text.length < 4 || text.length > longestTaken || !shape.test(text)) return undefined;
  return text as Ident;
}

/** A new transaction identifier: more than the 64 random bits that it must have. @spec rfc4975#7.1 @spec MS-01 */
export function createTid(chance: Chance): Ident {
  return identOf(chance.token(12));
}

/** A new Message-ID, never to be repeated by anybody. @spec rfc4975#7.1.1 */
export function createMessageId(chance: Chance): Ident {
  return identOf(chance.token(16));
}

/**
 * A new session-id: 144 random bits, where 80 are demanded, because it is the secret that a session is known by.
 *
 * @spec rfc4975#14.1
 * @spec MS-05
 */
export function createSessionId(chance: Chance): string {
  return chance.token(18).replace(/[^A-Za-z0-9._~=+-]/g, "/");
}

/** A token begins and goes on with characters that an ident may not have. */
function identOf(token: string): Ident {
  const text = `h${token}`.slice(0, 32);
  return (shape.test(text) ? text : text.replace(/_/g, "+").replace(/[^A-Za-z0-9.\-+%=]/g, ".")) as Ident;
}
