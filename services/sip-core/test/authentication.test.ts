import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { digestAlgorithms } from "@heliograph/sip";
import { createMemoryState } from "@heliograph/state";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import { NodeDigests } from "../src/adapters/node-digests.js";
import { StatelessNonces } from "../src/adapters/stateless-nonces.js";
import { authentication } from "../src/authentication.js";
import { formatCredentials, type Subscriber } from "../src/domain/subscriber.js";
import { answer } from "./given-service.js";

const realm = "a.example";
const digests = new NodeDigests();

function alice(): Subscriber {
  const ha1 = digests.ha1("alice", realm, "wonderland", "SHA-256");
  return {
    profile: {
      aor: "sip:alice@a.example",
      isBarred: false,
      services: [],
      disabled: [],
      whenOffline: "defer",
      whenOnline: "deliver",
      allowsAnonymous: true,
    },
    credentials: formatCredentials([{ algorithm: "SHA-256", form: "user", ha1 }]),
  };
}

/** The check, and every hash that it compared with. */
function given() {
  const compared: string[] = [];
  const clock = new FakeClock();
  const key = Buffer.alloc(32, 7);
  const check = authentication({
    subscribers: { of: async (aor) => (aor === "sip:alice@a.example" ? alice() : undefined) },
    nonceCounts: createMemoryState({ clock }).nonceCounts,
    nonces: new StatelessNonces(key, { clock, chance: new PredictableChance(), lifeMs: 1_000 }),
    clock,
    digest: { algorithms: digestAlgorithms, md5OnlyClients: [] },
    digests: {
      ha1: (...parts) => digests.ha1(...parts),
      info: (...parts) => digests.info(...parts),
      challenge: (...parts) => digests.challenge(...parts),
      proves: (credentials, method, ha1) => {
        compared.push(ha1);
        return digests.proves(credentials, method, ha1);
      },
    },
  });
  const login = async (credentials: Parameters<typeof answer>[1]) => {
    const first = await check({ method: "REGISTER", realm, credentials: [] });
    const [, challenge = ""] = first.kind === "challenge" ? first.challenges : [];
    return check({ method: "REGISTER", realm, credentials: [answer(challenge, credentials)] });
  };
  return { check, login, compared };
}

describe("GEN-33 unknown users are treated like wrong passwords", () => {
  it("accepts the right password, so that the others are compared with something", async () => {
    const { login } = given();
    expect(await login({})).toMatchObject({ kind: "authenticated" });
  });

  it("computes one digest for a user who does not exist, as for a wrong password", async () => {
    const { login, compared } = given();
    const wrong = await login({ password: "no" });
    const unknown = await login({ username: "nobody" });
    const elsewhere = await login({ username: "alice@elsewhere.example" });
    expect([wrong.kind, unknown.kind, elsewhere.kind]).toEqual(["challenge", "challenge", "challenge"]);
    expect(compared.map(({ length }) => length)).toEqual([64, 64, 64]);
  });

  it("computes one where the subscriber has no hash of that algorithm", async () => {
    const { login, compared } = given();
    expect(await login({ username: "alice@a.example" })).toMatchObject({ kind: "challenge" });
    expect(compared).toHaveLength(1);
  });
});

describe("MS-23 AUTH at a relay", () => {
  const digestUri = "msrps://alice@relay.a.example:2855;tcp";
  const auth = { method: "AUTH", realm, digestUri };

  async function challenged(check: ReturnType<typeof given>["check"]) {
    const first = await check({ ...auth, credentials: [] });
    return first.kind === "challenge" ? (first.challenges[1] ?? "") : "";
  }

  it.each([
    ["of credentials that name it", digestUri],
    ["of credentials that name none", undefined],
  ])(
    "takes the URI of the request for the digest %s, and proves that it knows the password",
    async (_, uri) => {
      const { check } = given();
      const text = answer(await challenged(check), { method: "AUTH", uri: digestUri });
      const credentials = [uri === undefined ? text.replace(/uri="[^"]*", /, "") : text];
      const reply = await check({ ...auth, credentials });
      const [, nonce = ""] = /nonce="([^"]+)"/.exec(text) ?? [];
      const hash = (of: string) => createHash("sha256").update(of).digest("hex");
      const ha1 = hash(`alice:${realm}:wonderland`);
      const rspauth = hash(`${ha1}:${nonce}:00000001:0a4f113b:auth:${hash(`:${digestUri}`)}`);
      const info = `qop=auth, rspauth="${rspauth}", cnonce="0a4f113b", nc=00000001`;
      expect(reply).toMatchObject({ kind: "authenticated", info });
    },
  );

  it("takes no digest of another URI", async () => {
    const { check } = given();
    const credentials = [answer(await challenged(check), { method: "AUTH", uri: "msrps://other;tcp" })];
    expect(await check({ ...auth, credentials })).toMatchObject({ kind: "challenge" });
  });
});
