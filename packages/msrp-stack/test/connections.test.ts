import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { selfSigned } from "@heliograph/testkit";
import { ConnectError, type MsrpTransportName } from "../src/index.js";
import { closeAll, givenConnections, Heard, rawTcp, rawTls, send, until } from "./given.js";

afterEach(closeAll);

let server: Awaited<ReturnType<typeof selfSigned>>;
let other: Awaited<ReturnType<typeof selfSigned>>;

beforeAll(async () => {
  server = await selfSigned("localhost");
  other = await selfSigned("other.example");
});

const all: readonly MsrpTransportName[] = ["tcp", "tls", "ws", "wss"];

/** Two sides: one that listens on everything, one that connects and trusts it. */
async function given() {
  const listening = await givenConnections({ transports: all, tls: server });
  const dialling = await givenConnections({ transports: [], tls: { ca: server.ca } });
  const connect = (transport: MsrpTransportName, rest: object = {}) =>
    dialling.connections.connect({
      transport,
      host: "127.0.0.1",
      port: listening.portOf(transport),
      ...rest,
    });
  return { ...listening, dialling, connect };
}

describe("RFC 4975 §5.4 MSRP Connection Model", () => {
  for (const transport of all) {
    it(`carries requests both ways over ${transport}`, async () => {
      const { accepted, connect } = await given();
      const connection = await connect(transport);
      const heard = new Heard();
      connection.start(heard);
      connection.write(Buffer.from(send({ body: "there" })));
      await until(() => accepted[0]?.heard.flags.length === 1);
      accepted[0]?.connection.write(Buffer.from(send({ body: "and back" })));
      await until(() => heard.flags.length === 1);
      expect(accepted[0]?.heard.bodies).toEqual(["there"]);
      expect(heard.bodies).toEqual(["and back"]);
      expect(accepted[0]?.connection).toMatchObject({
        transport,
        openedBy: "peer",
        localAddress: "127.0.0.1",
        remotePort: connection.localPort,
      });
      expect(connection.needsWholeChunks).toBe(transport === "ws" || transport === "wss");
    });
  }

  it("MS-13 SHOULD reuse the connection to the same scheme, host and port, also while it is being opened", async () => {
    const { accepted, connect } = await given();
    const [one, same] = await Promise.all([connect("tcp"), connect("tcp")]);
    expect(same).toBe(one);
    expect(await connect("tcp")).toBe(one);
    expect(await connect("tls")).not.toBe(one);
    expect(await connect("tcp", { isShared: false })).not.toBe(one);
    await until(() => accepted.length === 3);
    one.destroy("enough");
    expect(await connect("tcp")).not.toBe(one);
  });

  it("tells why no connection came to be", async () => {
    const { connect, dialling } = await given();
    await expect(connect("tcp", { port: 1 })).rejects.toThrow(ConnectError);
    await expect(connect("tcp", { port: 1 })).rejects.toThrow(/^tcp to 127\.0\.0\.1:1: .*ECONNREFUSED/);
    expect(dialling.connections.snapshot).toMatchObject({ connectsFailed: 2, opened: 0, openConnections: 0 });
  });

  it("waits for a connection no longer than allowed", async () => {
    const { dialling, portOf } = await given();
    const silent = portOf("tcp");
    const opened = dialling.connections.connect({ transport: "tls", host: "127.0.0.1", port: silent });
    const failed = expect(opened).rejects.toThrow("no connection within 5000 ms");
    await new Promise(setImmediate);
    dialling.clock.advance(5_000);
    await failed;
  });

  it("opens no more connections than allowed", async () => {
    const { portOf } = await given();
    const { connections } = await givenConnections({ transports: [], limits: { maxOutgoingConnections: 1 } });
    const target = { transport: "tcp", host: "127.0.0.1", port: portOf("tcp"), isShared: false } as const;
    const one = await connections.connect(target);
    await expect(connections.connect(target)).rejects.toThrow("too many connections are open");
    one.destroy("room for another");
    await connections.connect(target);
  });

  it("MS-58 connects to no address that is not allowed, however it is named", async () => {
    const { portOf } = await given();
    const asked: string[] = [];
    const mayConnectTo = (address: string) => {
      asked.push(address);
      return false;
    };
    const { connections } = await givenConnections({ transports: [], mayConnectTo });
    for (const host of ["127.0.0.1", "localhost"])
      await expect(connections.connect({ transport: "tcp", host, port: portOf("tcp") })).rejects.toThrow(
        "connections to that address are not allowed",
      );
    expect(asked).toContain("127.0.0.1");
  });
});

describe("RFC 4975 §14.2, §14.4 TLS", () => {
  it("MS-12 verifies by a trusted authority that the certificate is for the host", async () => {
    const { connect } = await given();
    await connect("tls");
    await connect("wss");
    await expect(
      connect("tls", { proof: { kind: "authority", name: "other.example" }, isShared: false }),
    ).rejects.toThrow("the certificate of the far end is not for other.example");
  });

  it("MS-12 drops the connection to a server that no authority vouches for", async () => {
    const { portOf } = await given();
    const { connections } = await givenConnections({ transports: [] });
    for (const transport of ["tls", "wss"] as const)
      await expect(
        connections.connect({ transport, host: "127.0.0.1", port: portOf(transport) }),
      ).rejects.toThrow("nobody trusted vouches for the certificate of the far end");
  });

  it("MS-12 takes a self-signed certificate with the fingerprint that was told, and no other", async () => {
    const { connections, portOf } = await given();
    const stranger = await givenConnections({ transports: ["tls"], tls: other });
    const { connections: dialling } = await givenConnections({ transports: [] });
    const host = "127.0.0.1";
    const { fingerprints } = connections;
    const proof = { kind: "fingerprints", fingerprints } as const;
    expect(fingerprints.map(({ hash }) => hash)).toEqual(["sha-256"]);
    const connection = await dialling.connect({ transport: "tls", host, port: portOf("tls"), proof });
    expect(connection.peerCertificate).toMatchObject({
      isTrusted: false,
      names: ["localhost", "127.0.0.1"],
    });
    await expect(
      dialling.connect({ transport: "tls", host, port: stranger.portOf("tls"), proof }),
    ).rejects.toThrow("another fingerprint");
    const wrong = { kind: "fingerprints", fingerprints: stranger.connections.fingerprints } as const;
    await expect(
      dialling.connect({ transport: "tls", host, port: portOf("tls"), proof: wrong }),
    ).rejects.toThrow("another fingerprint");
  });

  it("MS-12 knows the client by the certificate that it shows, and takes one that shows none", async () => {
    const { accepted, portOf } = await given();
    const known = await rawTls(portOf("tls"), { ca: server.ca, key: other.key, cert: other.cert });
    known.send(send());
    await until(() => accepted[0]?.heard.flags.length === 1);
    expect(accepted[0]?.connection.peerCertificate).toMatchObject({
      isTrusted: false,
      names: ["other.example", "127.0.0.1"],
    });
    const anonymous = await rawTls(portOf("tls"), { ca: server.ca });
    anonymous.send(send());
    await until(() => accepted[1]?.heard.flags.length === 1);
    expect(accepted[1]?.connection.peerCertificate).toBeUndefined();
  });

  it("MS-12 takes nothing below TLS 1.2", async () => {
    const { connections, portOf } = await given();
    await expect(rawTls(portOf("tls"), { ca: server.ca, maxVersion: "TLSv1.1" })).rejects.toThrow();
    const plain = await rawTcp(portOf("tls"));
    plain.send(send());
    await plain.closed;
    await until(() => connections.snapshot.handshakesRefused > 0);
  });

  it("does not listen without a key", async () => {
    for (const transport of ["tls", "wss"] as const)
      await expect(givenConnections({ transports: [transport] })).rejects.toThrow(
        "needs a key and a certificate",
      );
  });
});
