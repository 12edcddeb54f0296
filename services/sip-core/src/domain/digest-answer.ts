import { aorOf, type DigestAlgorithm, domainOf, parseAlgorithm, usernameOf } from "@heliograph/sip";
import type { UsernameForm } from "./subscriber.js";

/** Credentials that can be checked. */
export interface DigestAnswer {
  readonly kind: "answer";
  /** Whose they say they are; undefined for a name that nobody here can have. */
  readonly aor: string | undefined;
  readonly form: UsernameForm;
  readonly algorithm: DigestAlgorithm;
  readonly nonce: string;
  readonly nc: number;
  readonly params: ReadonlyMap<string, string>;
}

/** Credentials that a client has put together wrongly. */
export interface MalformedAnswer {
  readonly kind: "malformed";
  readonly reason: string;
}

/**
 * Reads credentials for one of our realms. Without a response they only say who will answer: undefined, and a
 * challenge is due. @spec rfc7616#3.4 @spec GEN-31 @spec R-sip-core-3
 */
export function readDigestAnswer(
  params: ReadonlyMap<string, string>,
): DigestAnswer | MalformedAnswer | undefined {
  const [nonce, response] = [params.get("nonce"), params.get("response")];
  const username = usernameOf(params);
  const variant = parseAlgorithm(params.get("algorithm"));
  if (!username || !nonce || !response || !variant || variant.isSession) return undefined;
  const nc = params.get("nc") ?? "";
  if (params.get("qop") !== "auth")
    return { kind: "malformed", reason: "Credentials need qop=auth, as the challenge said" };
  if (!/^[0-9a-f]{8}$/i.test(nc)) return { kind: "malformed", reason: "Credentials need nc of 8 hex digits" };
  if (!params.get("cnonce") || !params.get("uri"))
    return { kind: "malformed", reason: "Credentials need cnonce and uri" };
  const { aor, form } = readUsername(username, params.get("realm") ?? "");
  return {
    kind: "answer",
    aor,
    form,
    algorithm: variant.algorithm,
    nonce,
    nc: Number.parseInt(nc, 16),
    params,
  };
}

function readUsername(username: string, realm: string): Pick<DigestAnswer, "aor" | "form"> {
  const at = username.lastIndexOf("@");
  const form = at < 0 ? "user" : "address";
  if (at >= 0 && username.slice(at + 1).toLowerCase() !== realm) return { aor: undefined, form };
  const user = at < 0 ? username : username.slice(0, at);
  const aor = aorOf(`sip:${escapeUser(user)}@${realm}`);
  return { aor: aor.ok && domainOf(aor.value) === realm ? aor.value : undefined, form };
}

/** A username is plain text; in a URI some of it is escaped. @spec rfc3261#25.1 */
function escapeUser(user: string): string {
  return user.replace(/[^\w\-.!~*'()&=+$,;?/%]/gu, (character) => {
    return [...Buffer.from(character, "utf8")]
      .map((octet) => `%${octet.toString(16).toUpperCase().padStart(2, "0")}`)
      .join("");
  });
}
