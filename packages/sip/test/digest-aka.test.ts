import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { akaNonceOf, createAkaChallenge, parseAkaNonce, parseChallenge, verifyAka } from "@heliograph/sip";

const md5 = (bytes: Uint8Array | string): string => createHash("md5").update(bytes).digest("hex");
const digester = { hash: (_algorithm: string, text: string) => md5(text), md5 };

const realm = "home.example.com";
const vector = {
  rand: Uint8Array.from({ length: 16 }, (_, index) => index * 16 + 1),
  autn: Uint8Array.from({ length: 16 }, (_, index) => 255 - index),
  xres: Uint8Array.of(0x00, 0xff, 0x80, 0x3a, 0xc3, 0x28, 0x22, 0x0a),
};

function authorization({
  res = vector.xres,
  changes = "",
  nonce = akaNonceOf(vector),
  algorithm = "AKAv1-MD5",
} = {}): string {
  const a1 = md5(Buffer.concat([Buffer.from(`user@${realm}:${realm}:`), res]));
  const response = md5(`${a1}:${nonce}:00000001:c:auth:${md5(`REGISTER:sip:${realm}`)}`);
  return (
    `Digest username="user@${realm}", realm="${realm}", nonce="${nonce}", uri="sip:${realm}", ` +
    `response="${response}", algorithm=${algorithm}, qop=auth, nc=00000001, cnonce="c"${changes}`
  );
}

const verify = (text: string) =>
  verifyAka({ authorization: text, method: "REGISTER", realm, vector, digester });

describe("RFC 3310 Digest AKA", () => {
  it("GEN-48, §3.2: the nonce is Base64 of RAND, AUTN and what the server adds", () => {
    const nonce = akaNonceOf(vector);
    expect(nonce).toBe(Buffer.concat([vector.rand, vector.autn]).toString("base64"));
    const withData = Buffer.concat([vector.rand, vector.autn, Buffer.from("data")]).toString("base64");
    expect(parseAkaNonce(withData)).toEqual({
      rand: vector.rand,
      autn: vector.autn,
      serverData: Uint8Array.from(Buffer.from("data")),
    });
    for (const bad of ["", "AAAA", "no base64!", nonce.slice(0, 40)])
      expect(parseAkaNonce(bad)).toBeUndefined();
  });

  it("GEN-48, §3.1: the challenge names AKAv1-MD5, which is no algorithm for passwords", () => {
    const challenge = createAkaChallenge({ realm, vector });
    expect(challenge).toBe(
      `Digest realm="${realm}", nonce="${akaNonceOf(vector)}", algorithm=AKAv1-MD5, qop="auth"`,
    );
    expect(parseChallenge(challenge)).toBeUndefined();
  });

  it("GEN-48, §3.3: RES, bytes that are no text, is the password", () => {
    expect(verify(authorization())).toEqual({ kind: "verified" });
    expect(verify(authorization({ res: Uint8Array.of(1, 2) }))).toEqual({
      kind: "refused",
      reason: "The response is wrong",
    });
    expect(verify(authorization({ res: new Uint8Array(0) }))).toMatchObject({ kind: "refused" });
  });

  it("GEN-48, §3.4: an auts parameter, with the response of an empty password, asks for a new challenge", () => {
    const auts = Uint8Array.from({ length: 14 }, (_, index) => index);
    const changes = `, auts="${Buffer.from(auts).toString("base64")}"`;
    expect(verify(authorization({ res: new Uint8Array(0), changes }))).toEqual({
      kind: "resynchronise",
      rand: vector.rand,
      auts,
    });
    expect(verify(authorization({ changes }))).toEqual({ kind: "refused", reason: "The response is wrong" });
  });

  it("GEN-48: refuses an auts that is none", () => {
    for (const text of ["AAAA", "", "?"]) {
      const verdict = verify(authorization({ res: new Uint8Array(0), changes: `, auts="${text}"` }));
      expect(verdict).toEqual({ kind: "refused", reason: "The auts parameter is not an AUTS" });
    }
  });

  it("GEN-48: refuses another algorithm (the session variant too), another nonce, another realm and what cannot be read", () => {
    const other = { ...vector, rand: vector.autn };
    for (const [text, reason] of [
      [authorization({ algorithm: "MD5" }), "The algorithm is not AKAv1-MD5"],
      [authorization({ algorithm: "AKAv1-MD5-sess" }), "The algorithm is not AKAv1-MD5"],
      [authorization({ nonce: akaNonceOf(other) }), "The nonce is not that of the challenge"],
      [authorization().replace(`realm="${realm}"`, 'realm="x"'), "The credentials are for another realm"],
      ['Digest username="', "The credentials cannot be read"],
    ] as const) {
      expect(verify(text)).toEqual({ kind: "refused", reason });
    }
  });
});
