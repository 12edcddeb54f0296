import { createHmac, randomBytes } from "node:crypto";

/** Shortens what may name or quote a person, so that a log can be read by people who may not read messages. */
export interface Redaction {
  /** `sip:alice@example.com` → `sip:a…k3x9@example.com`: the same person stays the same token, and stays unknown. */
  readonly address: (text: string) => string;
  /** Every address inside a sentence, an error message for instance. */
  readonly sentence: (text: string) => string;
  /** A value of any shape: fields are redacted by their names, at any depth. */
  readonly fields: (value: object) => Record<string, unknown>;
}

const addressInText = /\b((?:sips?|im|pres|tel):)([^\s@<>"';,]{1,256})((?:@[^\s<>"';,]{1,256})?)/gi;
const maxDepth = 5;

/** Fields that are never written. */
const hidden = new Set(
  [
    "body",
    "password",
    "secret",
    "authorization",
    "proxyAuthorization",
    "credentials",
    "ha1",
    "apiKey",
    "key",
  ].concat(["cookie", "token", "headers", "response", "databaseUrl", "redisUrl", "natsUrl"]),
);

/** Fields that hold an address, or sentences with addresses in them. */
const addresses = new Set(
  [
    "aor",
    "from",
    "to",
    "recipient",
    "owner",
    "requestUri",
    "contact",
    "user",
    "username",
    "asserted",
    "uri",
  ].concat(["display", "number"]),
);

/**
 * Redaction under a key: two processes with the same key write the same token for the same person.
 * Without one, a key is made up and tokens are comparable within the process only.
 */
export function createRedaction(key: string = randomBytes(16).toString("hex")): Redaction {
  const token = (user: string) =>
    `${user.charAt(0)}…${createHmac("sha256", key).update(user).digest("base64url").slice(0, 4)}`;
  const sentence = (text: string): string =>
    text.replace(
      addressInText,
      (_, scheme: string, user: string, host: string) => scheme + token(user) + host,
    );
  const address = (text: string): string => {
    if (/^\w+:/.test(text) || text.includes("<")) return sentence(text);
    const [user = "", host] = text.split("@", 2);
    return host === undefined ? token(user) : `${token(user)}@${host}`;
  };
  return { address, sentence, fields: (value) => redactRecord(value, { address, sentence }, 0) };
}

/** For development only: bodies and secrets stay out, addresses are shown. */
export function createAddressShowingRedaction(): Redaction {
  const shown = { address: (text: string) => text, sentence: (text: string) => text };
  return { ...shown, fields: (value) => redactRecord(value, shown, 0) };
}

type Words = Pick<Redaction, "address" | "sentence">;

function redactRecord(value: object, words: Words, depth: number): Record<string, unknown> {
  const redacted: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) redacted[name] = redactField(name, field, words, depth);
  return redacted;
}

function redactField(name: string, value: unknown, words: Words, depth: number): unknown {
  if (value === undefined || value === null) return value;
  if (hidden.has(name)) return value instanceof Uint8Array ? `${value.byteLength} bytes` : "hidden";
  if (typeof value === "string") return addresses.has(name) ? words.address(value) : words.sentence(value);
  if (typeof value !== "object") return value;
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (depth >= maxDepth) return "…";
  if (value instanceof Error) return errorOf(value, words, depth);
  if (Array.isArray(value))
    return value.slice(0, 20).map((item) => redactField(name, item, words, depth + 1));
  return redactRecord(value, words, depth + 1);
}

/** What an error says of itself; objects that hang on it (a client, a request) are not part of the story. */
function errorOf(error: Error, words: Words, depth: number): Record<string, unknown> {
  const plain = Object.entries(error).filter(
    ([, value]) => typeof value !== "object" && typeof value !== "function",
  );
  return {
    ...redactRecord(Object.fromEntries(plain), words, depth + 1),
    type: error.name,
    message: words.sentence(error.message),
    stack: words.sentence(error.stack ?? ""),
    ...(error.cause === undefined ? {} : { cause: redactField("cause", error.cause, words, depth + 1) }),
  };
}
