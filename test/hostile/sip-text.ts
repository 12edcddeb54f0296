import { createHash, randomBytes } from "node:crypto";
import { answerChallenge, type Digester } from "@heliograph/sip";

/** What a message says; `Undefined` values leave a header field out. */
export interface Wording {
  readonly method?: string;
  readonly uri?: string;
  readonly transport?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

/** A request as a stranger from another network would write it, each time another one. */
export function sipText({
  method = "MESSAGE",
  uri = "sip:bob@127.0.0.1",
  transport = "UDP",
  headers = {},
  body = "",
}: Wording = {}): string {
  const fields: Record<string, string | undefined> = {
    Via: `SIP/2.0/${transport} elsewhere.example;branch=z9hG4bK${token()};rport`,
    "Max-Forwards": "70",
    From: `<sip:mallory@elsewhere.example>;tag=${token()}`,
    To: `<${uri}>`,
    "Call-ID": token(),
    CSeq: `1 ${method}`,
    ...(body === "" ? {} : { "Content-Type": "text/plain" }),
    "Content-Length": String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}: ${value}`,
  );
  return [`${method} ${uri} SIP/2.0`, ...lines, "", body].join("\r\n");
}

/** Something that nobody has said before. */
export function token(): string {
  return randomBytes(8).toString("hex");
}

/** Who answers a challenge. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly method: string;
  readonly uri: string;
}

/** The credentials that answer the challenges of a 401 or 407. */
export function answerTo(challenged: string, { username, password, method, uri }: Credentials): string {
  const challenges = [...challenged.matchAll(/^(?:Proxy|WWW)-Authenticate: (.*)\r$/gim)].map(
    ([, value = ""]) => value,
  );
  const answered = answerChallenge({
    challenges,
    username,
    password,
    method,
    uri,
    cnonce: token(),
    nc: 1,
    digester,
  });
  if (answered === undefined) throw new Error(`no challenge that can be answered in ${challenged}`);
  return answered;
}

const digester: Digester = {
  hash: (algorithm, text) => createHash(algorithm.toLowerCase().replace("-", "")).update(text).digest("hex"),
};
