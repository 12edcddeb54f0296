import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import {
  answerChallenge,
  createChallenge,
  type Digester,
  digestAlgorithms,
  ha1Of,
  parseAlgorithm,
  parseChallenge,
  parseCredentials,
  usernameOf,
  verifyDigest,
} from "@heliograph/sip";

const names = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" } as const;
const digester: Digester = {
  hash: (algorithm, text) => createHash(names[algorithm]).update(text, "utf8").digest("hex"),
};

function paramsOf(credentials: string): ReadonlyMap<string, string> {
  const parsed = parseCredentials(credentials);
  if (!parsed.ok) throw new Error(`${parsed.error.rule} at ${parsed.error.offset}`);
  return parsed.value.params;
}

const mufasa = {
  username: "Mufasa",
  realm: "http-auth@example.org",
  password: "Circle of Life",
  method: "GET",
  uri: "/dir/index.html",
  cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
  nc: 1,
  digester,
};

const mufasaChallenge = (algorithm: string): string =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
  'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';

const mufasaResponse = {
  MD5: "8ca523f5e9506fed4657c9700eebdbec",
  "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
} as const;

describe("RFC 7616 §3.9 Examples", () => {
  for (const algorithm of ["MD5", "SHA-256"] as const) {
    it(`§3.9.1: answers the ${algorithm} challenge with the response of the example, and verifies it`, () => {
      const answer = answerChallenge({ ...mufasa, challenges: [mufasaChallenge(algorithm)] }) ?? "";
      expect(answer).toBe(
        'Digest username="Mufasa", realm="http-auth@example.org", ' +
          'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", ' +
          `response="${mufasaResponse[algorithm]}", algorithm=${algorithm}, ` +
          'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, nc=00000001, ' +
          'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
      );
      const ha1 = ha1Of({ ...mufasa, algorithm });
      expect(verifyDigest({ credentials: paramsOf(answer), method: "GET", ha1, digester })).toBe(true);
    });
  }

  it("§3.9.2: hashes SHA-512/256 as SHA-512/256, not as the example, which used a truncated SHA-512 (errata 4897)", () => {
    const doe = {
      username: "Jäsøn Doe",
      realm: "api@example.org",
      password: "Secret, or not?",
      method: "GET",
      uri: "/doe.json",
      cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
      nc: 1,
      digester,
    };
    const challenge =
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, ' +
      'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", ' +
      "charset=UTF-8, userhash=true";
    const credentials = paramsOf(answerChallenge({ ...doe, challenges: [challenge] }) ?? "");
    expect(credentials.get("response")).toBe(
      "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
    );
    const ha1 = ha1Of({ ...doe, algorithm: "SHA-512-256" });
    expect(verifyDigest({ credentials, method: "GET", ha1, digester })).toBe(true);
  });

  it("§3.9.2: reads the user name from username*", () => {
    expect(usernameOf(paramsOf("Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, userhash=false"))).toBe(
      "Jäsøn Doe",
    );
  });
});

describe("RFC 3261 §22.4 The Digest Authentication Scheme", () => {
  it("has MD5 of the empty string for an empty body with auth-int, and RFC 8760 §2.6 the same of each algorithm", () => {
    for (const [algorithm, empty] of [
      ["MD5", "d41d8cd98f00b204e9800998ecf8427e"],
      ["SHA-256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ] as const) {
      expect(digester.hash(algorithm, "")).toBe(empty);
      const ha1 = ha1Of({ ...mufasa, algorithm });
      const hash = (text: string) => digester.hash(algorithm, text);
      const response = hash(`${ha1}:n:00000001:c:auth-int:${hash(`INVITE:sip:a@b:${empty}`)}`);
      const credentials = new Map(
        Object.entries({ algorithm, nonce: "n", uri: "sip:a@b", response, nc: "00000001" }),
      )
        .set("cnonce", "c")
        .set("qop", "auth-int");
      expect(verifyDigest({ credentials, method: "INVITE", ha1, digester })).toBe(true);
      expect(verifyDigest({ credentials, method: "INVITE", ha1, digester, bodyHash: hash("body") })).toBe(
        false,
      );
    }
  });

  it("takes a digest of RFC 2069, without qop, and answers a challenge without qop by one (D-sip-101)", () => {
    const challenges = ['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'];
    const parts = { ...mufasa, realm: "testrealm@host.com", challenges };
    const credentials = paramsOf(answerChallenge(parts) ?? "");
    expect(["algorithm", "qop", "nc", "cnonce"].filter((name) => credentials.has(name))).toEqual([]);
    const ha1 = ha1Of({ ...parts, algorithm: "MD5" });
    const hash = (text: string) => digester.hash("MD5", text);
    expect(credentials.get("response")).toBe(
      hash(`${ha1}:dcd98b7102dd2f0e8b11d0f600bfb0c093:${hash("GET:/dir/index.html")}`),
    );
    expect(verifyDigest({ credentials, method: "GET", ha1, digester })).toBe(true);
  });
});

describe("GEN-31, GEN-32 Challenges", () => {
  it("GEN-31: quotes realm, nonce, opaque and qop, does not quote algorithm and stale, and always has qop", () => {
    const parts = { realm: 'a "b"', nonce: "n", algorithm: "SHA-256", qop: "auth" } as const;
    expect(createChallenge(parts)).toBe('Digest realm="a \\"b\\"", nonce="n", algorithm=SHA-256, qop="auth"');
    expect(createChallenge({ ...parts, realm: "r", stale: true, opaque: "o" })).toBe(
      'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth", opaque="o", stale=true',
    );
  });

  for (const algorithm of digestAlgorithms) {
    it(`reads its own ${algorithm} challenge and proves the password with it; GEN-32: SHA answers have 64 hex digits`, () => {
      const text = createChallenge({ realm: "example.com", nonce: "n", algorithm, qop: "auth", stale: true });
      const challenge = parseChallenge(text);
      expect([challenge?.realm, challenge?.variant.algorithm, challenge?.isStale]).toEqual([
        "example.com",
        algorithm,
        true,
      ]);
      const parts = { ...mufasa, realm: "example.com", challenges: [text] };
      const credentials = paramsOf(answerChallenge(parts) ?? "");
      expect(credentials.get("response")).toHaveLength(algorithm === "MD5" ? 32 : 64);
      const ha1 = ha1Of({ ...parts, algorithm });
      expect(verifyDigest({ credentials, method: "GET", ha1, digester })).toBe(true);
    });
  }

  it("GEN-32: no algorithm is MD5, its name compares without case, and an unknown one is none", () => {
    expect([
      parseAlgorithm(),
      parseAlgorithm("sha-256"),
      parseAlgorithm("MD5-sess"),
      parseAlgorithm("SHA-1"),
    ]).toEqual([
      { algorithm: "MD5", isSession: false },
      { algorithm: "SHA-256", isSession: false },
      { algorithm: "MD5", isSession: true },
      undefined,
    ]);
  });
});

describe("CL-02, RFC 8760 §2.4 UAC Behavior", () => {
  const challenges = ["SHA-512-256", "SHA-256", "MD5"].map(mufasaChallenge);

  it("CL-02: SHOULD use the topmost challenge that it supports", () => {
    expect(paramsOf(answerChallenge({ ...mufasa, challenges }) ?? "").get("algorithm")).toBe("SHA-512-256");
  });

  it("CL-02: MUST ignore challenges that it does not understand: other schemes, algorithms and qops", () => {
    const strange = [
      'Basic realm="x"',
      "not a challenge at all @",
      'Digest realm="x", nonce="y", algorithm=SHA3-999, qop="auth"',
      'Digest realm="x", nonce="y", algorithm=MD5, qop="auth-int"',
      'Digest realm="x", nonce="y", algorithm=AKAv1-MD5, qop="auth"',
      'Digest realm="x", qop="auth"',
      'Digest nonce="x", qop="auth"',
    ];
    for (const one of strange) expect(parseChallenge(one)).toBeUndefined();
    const answer = answerChallenge({ ...mufasa, challenges: [...strange, ...challenges.slice(1)] });
    expect(paramsOf(answer ?? "").get("algorithm")).toBe("SHA-256");
    expect(answerChallenge({ ...mufasa, challenges: strange })).toBeUndefined();
  });

  it("answers with the challenge's algorithm as written and counts in eight hex digits", () => {
    const challenge = 'Digest realm="r", nonce="n", algorithm=md5-Sess, qop="AUTH"';
    const answer = answerChallenge({ ...mufasa, nc: 0xabc, challenges: [challenge] }) ?? "";
    expect(answer).toContain("algorithm=md5-Sess");
    expect(answer).toContain("nc=00000abc");
    const ha1 = ha1Of({ ...mufasa, realm: "r", algorithm: "MD5" });
    expect(verifyDigest({ credentials: paramsOf(answer), method: "GET", ha1, digester })).toBe(true);
  });
});

describe("GEN-31, GEN-33 Verification", () => {
  const ha1 = ha1Of({ ...mufasa, algorithm: "SHA-256" });
  const right = paramsOf(answerChallenge({ ...mufasa, challenges: [mufasaChallenge("SHA-256")] }) ?? "");
  const verify = (
    changes: { readonly [name: string]: string | undefined },
    method = "GET",
    with_ = ha1,
  ): boolean => {
    const credentials = new Map(right);
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) credentials.delete(name);
      else credentials.set(name, value);
    }
    return verifyDigest({ credentials, method, ha1: with_, digester });
  };

  it("GEN-31: accepts what is right, the response in capitals too", () => {
    expect(verify({})).toBe(true);
    expect(verify({ response: right.get("response")?.toUpperCase() })).toBe(true);
  });

  for (const [name, value] of [
    ["response", "0".repeat(64)],
    ["response", ""],
    ["response", right.get("response")?.slice(1)],
    ["nonce", "other"],
    ["uri", "/other"],
    ["cnonce", "other"],
    ["nc", "00000002"],
    ["nc", "1"],
    ["nc", "0000000g"],
    ["qop", "auth-int"],
    ["qop", "auth-conf"],
    ["algorithm", "MD5"],
    ["algorithm", "SHA-1"],
    ["algorithm", "SHA-256-sess"],
  ] as const) {
    it(`GEN-31: refuses credentials with ${name}=${value?.slice(0, 12)}`, () => {
      expect(verify({ [name]: value })).toBe(false);
    });
  }

  for (const name of ["response", "nonce", "uri", "cnonce", "nc", "qop", "algorithm"]) {
    it(`GEN-31: refuses credentials whose ${name} was taken out`, () => {
      expect(verify({ [name]: undefined })).toBe(false);
    });
  }

  it("GEN-31: refuses a session variant without qop, which has no cnonce to hash", () => {
    expect(verify({ algorithm: "SHA-256-sess", qop: undefined })).toBe(false);
  });

  it("GEN-33: refuses a wrong password and another method", () => {
    expect(verify({}, "GET", ha1Of({ ...mufasa, password: "wrong", algorithm: "SHA-256" }))).toBe(false);
    expect(verify({}, "PUT")).toBe(false);
  });

  it("RFC 7616 §3.4: username and username* together MUST be an error; what is hashed or not UTF-8 is nobody", () => {
    for (const credentials of [
      "Digest username=\"a\", username*=UTF-8''a",
      'Digest username="488869477bf257147b804c45308cd62ac4e25eb717b12b298c79e62dcea254ec", userhash=true',
      "Digest username*=iso-8859-1''a",
      "Digest username*=UTF-8''%FF",
      'Digest realm="r"',
    ]) {
      expect(usernameOf(paramsOf(credentials))).toBeUndefined();
    }
    expect(usernameOf(paramsOf('Digest username="a \\"b\\""'))).toBe('a "b"');
  });
});
