import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { selfSigned } from "@heliograph/testkit";
import { closeAll, rawTls, send, until } from "./given.js";
import { givenEndpoints, givenSession, partsOf, watch } from "./given-endpoints.js";

afterEach(closeAll);

let server: Awaited<ReturnType<typeof selfSigned>>;
let client: Awaited<ReturnType<typeof selfSigned>>;

beforeAll(async () => {
  server = await selfSigned("localhost");
  client = await selfSigned("client.example");
});

const peerUri = "msrps://client.example:9/peerpeerpeerpeer;tcp";

describe("RFC 4975 §14.4 Using TLS in Peer-to-Peer Mode, at end points", () => {
  it("MS-12 knows a self-signed server by the fingerprint in its description", async () => {
    const { listening } = await givenSession("tls", { bobOptions: { tls: server } });
    const { fingerprints } = listening.endpoints;
    const { endpoints } = await givenEndpoints({ transports: [] });
    const [own, peer] = [endpoints.createUri("tls"), listening.endpoints.createUri("tls")];
    watch(listening.endpoints.open(partsOf(peer, own)));
    const alice = watch(endpoints.open(partsOf(own, peer, { role: "active", fingerprints })));
    await alice.session.bound;
  });

  it("MS-12 tears the session down at once when the server shows another certificate", async () => {
    const stranger = await givenEndpoints({ transports: ["tls"], tls: client });
    const { alice } = await givenSession("tls", {
      bobOptions: { tls: server },
      alice: { fingerprints: stranger.endpoints.fingerprints },
    });
    await expect(alice.session.bound).rejects.toThrow("another fingerprint");
  });

  it("MS-12 tears the session down at once when the client shows another certificate, and takes one that shows none", async () => {
    const { endpoints, portOf } = await givenEndpoints({ transports: ["tls"], tls: server });
    const stranger = await givenEndpoints({ transports: ["tls"], tls: client });
    const { fingerprints } = endpoints;
    const uris = [1, 2, 3].map(() => endpoints.createUri("tls"));
    const known = [fingerprints, stranger.endpoints.fingerprints, fingerprints];
    const sessions = uris.map((uri, index) =>
      watch(endpoints.open(partsOf(uri, peerUri, { fingerprints: known[index] ?? [] }))),
    );
    const options = { ca: server.ca, key: client.key, cert: client.cert };
    const wrong = await rawTls(portOf(), options);
    wrong.send(send({ to: uris[0] ?? "", from: peerUri }));
    await wrong.closed;
    expect(sessions[0]?.failed()).toBe("the certificate of the peer has another fingerprint");
    const right = await rawTls(portOf(), options);
    right.send(send({ to: uris[1] ?? "", from: peerUri }));
    await until(() => sessions[1]?.texts().length === 1);
    const anonymous = await rawTls(portOf(), { ca: server.ca });
    anonymous.send(send({ to: uris[2] ?? "", from: peerUri }));
    await until(() => sessions[2]?.texts().length === 1);
  });
});

describe("RFC 4975 §6 URIs of ours", () => {
  it("MS-05 have a session-id that is used once, at the listener for the transport", async () => {
    const { endpoints, portOf } = await givenEndpoints({ transports: ["tcp", "tls", "wss"], tls: server });
    const uris = (["tcp", "tls", "ws"] as const).map((reach) => endpoints.createUri(reach));
    expect(uris[0]).toMatch(new RegExp(`^msrp://127\\.0\\.0\\.1:${portOf("tcp")}/[^;]{18,};tcp$`));
    expect(uris[1]).toMatch(new RegExp(`^msrps://127\\.0\\.0\\.1:${portOf("tls")}/[^;]{18,};tcp$`));
    expect(uris[2]).toMatch(new RegExp(`^msrps://127\\.0\\.0\\.1:${portOf("wss")}/[^;]{18,};ws$`));
    expect(endpoints.createUri("tcp")).not.toBe(uris[0]);
  });

  it("MS-14, MS-22 name the discard port, or nobody, where nobody can connect", async () => {
    const { endpoints } = await givenEndpoints({ transports: [], host: "im.example" });
    expect(endpoints.createUri("tcp")).toMatch(/^msrp:\/\/im\.example:9\/[^;]+;tcp$/);
    expect(endpoints.createUri("tls")).toMatch(/^msrps:\/\/im\.example:9\/[^;]+;tcp$/);
    expect(endpoints.createUri("ws")).toMatch(/^msrps:\/\/[a-z0-9]+\.invalid:2855\/[^;]+;ws$/);
  });

  it("have to be MSRP URIs", async () => {
    const { endpoints } = await givenEndpoints();
    expect(() => endpoints.open(partsOf("sip:bob@example.com", peerUri))).toThrow("not an MSRP URI");
  });

  it("end with the end points", async () => {
    const { alice, bob, listening } = await givenSession();
    await alice.session.bound;
    const sent = bob.session.send({ contentType: "text/plain", body: Buffer.alloc(20_000_000) });
    await listening.endpoints.stop();
    expect((await sent.sent).kind).toBe("lost");
    await until(() => alice.failed() !== undefined);
  });
});
