import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { answerAuth, createAuthChallenge, createAuthenticationInfo, verifyAuth } from "@heliograph/msrp";
import { type Digester, ha1Of, parseCredentials } from "@heliograph/sip";

const names = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" } as const;
const digester: Digester = {
  hash: (algorithm, text) => createHash(names[algorithm]).update(text).digest("hex"),
};
const toPath = ["msrps://relay1.example.com:9000/s;tcp", "msrps://relay2.example.com;tcp"];
const user = { username: "Alice", password: "secret" };

function answered(algorithm: "MD5" | "SHA-256") {
  const challenge = createAuthChallenge({ realm: "relay2.example.com", nonce: "n0", algorithm });
  const text = answerAuth({ ...user, challenge, toPath, cnonce: "c0", nc: 1, digester });
  const credentials = parseCredentials(text ?? "");
  if (!credentials.ok) throw new Error(credentials.error.rule);
  const ha1 = ha1Of({ ...user, realm: "relay2.example.com", algorithm, digester });
  return { challenge, text, credentials: credentials.value, ha1 };
}

describe("RFC 4976 §9.1 Using HTTP Authentication, MS-23", () => {
  it("challenges with qop auth in quotes, without domain and session variants", () => {
    const { challenge } = answered("MD5");
    expect(challenge).toBe('Digest realm="relay2.example.com", nonce="n0", algorithm=MD5, qop="auth"');
  });

  it.each(["MD5", "SHA-256"] as const)(
    "verifies what it answers with %s, by the last URI of To-Path",
    (algorithm) => {
      const { credentials, ha1, text } = answered(algorithm);
      expect(text).toContain('uri="msrps://relay2.example.com;tcp"');
      expect(text).toContain("qop=auth, nc=00000001");
      expect(verifyAuth({ head: { toPath }, credentials, ha1, digester })).toBe(true);
      expect(verifyAuth({ head: { toPath: ["msrps://other;tcp"] }, credentials, ha1, digester })).toBe(false);
      expect(verifyAuth({ head: { toPath }, credentials, ha1: "0", digester })).toBe(false);
    },
  );

  it("verifies credentials that name no URI, as in §5.1, and none without qop or of another scheme", () => {
    const { credentials, ha1 } = answered("MD5");
    const without = (name: string) => new Map([...credentials.params].filter(([key]) => key !== name));
    const verify = (params: ReadonlyMap<string, string>, scheme = "Digest") =>
      verifyAuth({ head: { toPath }, credentials: { scheme, params }, ha1, digester });
    expect(verify(without("uri"))).toBe(true);
    expect(verify(without("qop"))).toBe(false);
    expect(verify(credentials.params, "Basic")).toBe(false);
    expect(verify(new Map(credentials.params).set("algorithm", "MD5-sess"))).toBe(false);
    expect(verify(new Map(credentials.params).set("qop", "auth-int"))).toBe(false);
  });

  it("answers neither Basic nor a challenge without qop nor a session variant", () => {
    for (const challenge of [
      'Basic realm="x"',
      'Digest realm="x", nonce="n"',
      'Digest realm="x", nonce="n", qop="auth", algorithm=MD5-sess',
    ])
      expect(answerAuth({ ...user, challenge, toPath, cnonce: "c0", nc: 1, digester })).toBeUndefined();
  });

  it("proves in Authentication-Info that it knows the password too", () => {
    const { credentials, ha1 } = answered("MD5");
    const hash = (text: string): string => digester.hash("MD5", text);
    const rspauth = hash(`${ha1}:n0:00000001:c0:auth:${hash(":msrps://relay2.example.com;tcp")}`);
    expect(createAuthenticationInfo({ head: { toPath }, credentials, ha1, digester, nextNonce: "n1" })).toBe(
      `nextnonce="n1", qop=auth, rspauth="${rspauth}", cnonce="c0", nc=00000001`,
    );
    const bare = { scheme: "Digest", params: new Map<string, string>() };
    expect(createAuthenticationInfo({ head: { toPath }, credentials: bare, ha1, digester })).toBeUndefined();
  });
});
