import { createHash } from "node:crypto";
import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { selfSigned } from "@heliograph/testkit";
import {
  createAuthChallenge,
  createAuthenticationInfo,
  createResponse,
  formatResponse,
  type RequestHead,
  verifyAuth,
} from "@heliograph/msrp";
import { type Digester, ha1Of, parseCredentials } from "@heliograph/sip";
import { ConnectError, RelayRefused, type RelayParts } from "../src/index.js";
import { type Accepted, closeAll, givenConnections, Heard, until } from "./given.js";
import { givenEndpoints, partsOf, watch } from "./given-endpoints.js";

afterEach(closeAll);

let server: Awaited<ReturnType<typeof selfSigned>>;

beforeAll(async () => {
  server = await selfSigned("localhost");
});

const names = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" } as const;
const digester: Digester = {
  hash: (algorithm, text) => createHash(names[algorithm]).update(text).digest("hex"),
};

type Answer = { readonly status: number; readonly fields?: readonly (readonly [string, string])[] };

/** A relay of the test's: `decide` answers each AUTH. */
async function given(decide: (head: RequestHead, count: number) => Answer) {
  const relay = await givenConnections({ transports: ["tls", "wss"], tls: server });
  const { endpoints, clock } = await givenEndpoints({ transports: [], tls: { ca: server.ca } });
  const uri = `msrps://alice@127.0.0.1:${relay.portOf("tls")};tcp`;
  const from = endpoints.createUri("tls");
  let count = 0;
  const auths: RequestHead[] = [];
  relay.connections.onConnection((connection) => {
    const accepted: Accepted = { connection, heard: new Heard(), closed: undefined };
    relay.accepted.push(accepted);
    connection.onClosed((reason) => (accepted.closed = reason));
    accepted.heard.onWhole = (head) => {
      if (head.kind !== "request" || head.method !== "AUTH") return;
      auths.push(head);
      count += 1;
      const answer = decide(head, count);
      const response = createResponse(head, { ...answer, from: head.toPath.at(-1) ?? "" });
      if (response) connection.write(formatResponse(response));
    };
    connection.start(accepted.heard);
  });
  const authenticate = (parts: Partial<RelayParts> = {}) =>
    endpoints.authenticate({ uri, from, username: "alice", password: "secret", ...parts });
  return { relay, endpoints, clock, uri, from, auths, authenticate };
}

/** What a relay does that knows Alice. */
function challenging(algorithm: "MD5" | "SHA-256", change: (info: string) => string = (info) => info) {
  return (head: RequestHead, count: number): Answer => {
    const authorization = head.fields.get("Authorization");
    const challenge = createAuthChallenge({ realm: "relay.example", nonce: `nonce${count}`, algorithm });
    if (authorization === undefined) return { status: 401, fields: [["WWW-Authenticate", challenge]] };
    const credentials = parseCredentials(authorization);
    if (!credentials.ok) return { status: 400 };
    const ha1 = ha1Of({ username: "alice", realm: "relay.example", password: "secret", algorithm, digester });
    if (!verifyAuth({ head, credentials: credentials.value, ha1, digester }))
      return { status: 401, fields: [["WWW-Authenticate", challenge]] };
    const info = createAuthenticationInfo({ head, credentials: credentials.value, ha1, digester }) ?? "";
    return {
      status: 200,
      fields: [
        ["Use-Path", `msrps://127.0.0.1:9000/use${count}path;tcp`],
        ["Authentication-Info", change(info)],
        ["Expires", "900"],
      ],
    };
  };
}

describe("RFC 4976 §5.1 Connecting to Relays Acting on Your Behalf", () => {
  for (const algorithm of ["MD5", "SHA-256"] as const) {
    it(`MS-20, MS-23 answers the challenge of a relay by ${algorithm}, and gets a path and its time`, async () => {
      const { authenticate, auths, clock, uri, from } = await given(challenging(algorithm));
      const access = await authenticate({ expiresS: 1_800 });
      expect(access.usePath).toEqual(["msrps://127.0.0.1:9000/use2path;tcp"]);
      expect(access.expiresAtMs).toBe(clock.nowMs() + 900_000);
      expect(auths[0]).toMatchObject({ toPath: [uri], fromPath: [from], hasBody: false });
      expect(auths.map(({ fields }) => fields.get("Expires"))).toEqual(["1800", "1800"]);
      expect(auths[1]?.fields.get("Authorization")).toMatch(/qop=auth, nc=00000001, cnonce="/);
    });
  }

  it("MS-23 answers again when its nonce is stale, and not for ever", async () => {
    const fields = (isStale: boolean) => {
      const parts = { realm: "r", nonce: "n", algorithm: "SHA-256", isStale } as const;
      return [["WWW-Authenticate", createAuthChallenge(parts)]] as const;
    };
    const stale = await given((_, count) => ({ status: 401, fields: fields(count > 1) }));
    await expect(stale.authenticate()).rejects.toMatchObject({ name: "RelayRefused", status: 401 });
    expect(stale.auths).toHaveLength(3);
    const wrong = await given(() => ({ status: 401, fields: fields(false) }));
    await expect(wrong.authenticate()).rejects.toMatchObject({ name: "RelayRefused", status: 401 });
    expect(wrong.auths).toHaveLength(2);
  });

  it("MS-23 takes the first challenge that it can answer, and never Basic", async () => {
    const first = await given((head, count) => {
      if (count > 1) return challenging("SHA-256")(head, count);
      const good = createAuthChallenge({ realm: "relay.example", nonce: "n", algorithm: "SHA-256" });
      return {
        status: 401,
        fields: [
          ["WWW-Authenticate", 'Basic realm="relay.example"'],
          ["WWW-Authenticate", good],
        ],
      };
    });
    expect((await first.authenticate()).usePath).toHaveLength(1);
    const basic = await given(() => ({ status: 401, fields: [["WWW-Authenticate", 'Basic realm="r"']] }));
    await expect(basic.authenticate()).rejects.toThrow("cannot be answered");
  });

  it("MS-20 tells that it is not allowed, and within which bounds a time has to be", async () => {
    const { authenticate } = await given((head) =>
      head.fields.get("Expires") === undefined
        ? { status: 403 }
        : {
            status: 423,
            fields: [
              ["Min-Expires", "60"],
              ["Max-Expires", "3600"],
            ],
          },
    );
    await expect(authenticate()).rejects.toMatchObject({ status: 403, message: "Forbidden" });
    const refused = await authenticate({ expiresS: 5 }).catch((cause: unknown) => cause);
    expect(refused).toBeInstanceOf(RelayRefused);
    expect(refused).toMatchObject({ status: 423, bounds: { minExpiresS: 60, maxExpiresS: 3_600 } });
  });

  it("MS-23 drops a relay that does not know the password itself", async () => {
    const { authenticate, relay } = await given(
      challenging("SHA-256", (info) => info.replace(/rspauth="./, 'rspauth="x')),
    );
    await expect(authenticate()).rejects.toThrow("does not know the password");
    await until(() => relay.accepted[0]?.closed !== undefined);
  });

  it("takes no grant without a path or a time", async () => {
    const { authenticate } = await given((_, count) =>
      count === 1
        ? { status: 200, fields: [["Expires", "900"]] }
        : { status: 200, fields: [["Use-Path", "msrps://127.0.0.1:9000/use;tcp"]] },
    );
    await expect(authenticate()).rejects.toThrow("granted no path");
    await expect(authenticate()).rejects.toThrow("granted no path");
  });

  it("MS-20 says AUTH over TLS only, and tells when there is no relay or no answer", async () => {
    const { authenticate, auths, relay } = await given(() => ({ status: 200 }));
    await expect(authenticate({ uri: "msrp://127.0.0.1:1;tcp" })).rejects.toThrow("no relay over TLS");
    await expect(authenticate({ uri: "msrps://127.0.0.1:1;tcp" })).rejects.toBeInstanceOf(ConnectError);
    await expect(authenticate({ uri: "msrps://127.0.0.1:1;dc" })).rejects.toThrow("no transport of ours");
    const silent = await given(() => ({ status: 200 }));
    const heard = new Heard();
    silent.relay.connections.onConnection((connection) => connection.start(heard));
    const failed = expect(silent.authenticate()).rejects.toThrow("the relay does not answer");
    await until(() => heard.flags.length === 1);
    silent.clock.advance(31_000);
    await failed;
    expect([auths.length, relay.accepted.length]).toEqual([0, 0]);
  });

  for (const transport of ["tls", "wss"] as const) {
    it(`MS-24 sends a session's requests through the relay over ${transport}, on the connection that it knows us by`, async () => {
      const { authenticate, relay, endpoints, from } = await given(challenging("SHA-256"));
      const uri = `msrps://alice@127.0.0.1:${relay.portOf(transport)};${transport === "tls" ? "tcp" : "ws"}`;
      const access = await authenticate({ uri });
      const peerPath = ["msrps://other.example:2855/r;tcp", "msrps://bob.example:2855/b;tcp"];
      const parts = { ...partsOf(from, ""), peerPath, role: "active", relay: access } as const;
      const alice = watch(endpoints.open(parts));
      await until(() => relay.accepted[0]?.heard.heads.length === 3);
      expect(relay.accepted).toHaveLength(1);
      expect(relay.accepted[0]?.heard.heads[2]).toMatchObject({
        method: "SEND",
        toPath: [...access.usePath, ...peerPath],
        fromPath: [from],
      });
      let lost: string | undefined;
      access.onLost((reason) => (lost = reason));
      relay.accepted[0]?.connection.destroy("down");
      await until(() => lost !== undefined && alice.failed() !== undefined);
    });
  }

  it("renews on the same connection, which is closed with the last access", async () => {
    const { authenticate, relay } = await given(challenging("SHA-256"));
    const first = await authenticate();
    const second = await first.renew();
    expect(second.usePath).not.toEqual(first.usePath);
    expect(relay.accepted).toHaveLength(1);
    first.close();
    first.close();
    const third = await second.renew();
    second.close();
    expect(relay.accepted[0]?.closed).toBeUndefined();
    third.close();
    await until(() => relay.accepted[0]?.closed !== undefined);
  });

  it("becomes known to an outer relay through the inner one", async () => {
    const { authenticate, auths } = await given(challenging("SHA-256"));
    const inner = await authenticate();
    await authenticate({ uri: "msrps://extra.example;tcp", behind: inner });
    expect(auths.at(-1)?.toPath).toEqual([...inner.usePath, "msrps://extra.example;tcp"]);
  });
});
