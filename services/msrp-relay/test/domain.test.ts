import { describe, expect, it } from "@jest/globals";
import { parseMsrpUri } from "@heliograph/msrp";
import { ConfigError, loadConfig } from "@heliograph/runtime";
import { readConfig } from "../src/config.js";
import { connectGuard, isRange } from "../src/domain/connect-guard.js";
import { ContentPolicy } from "../src/domain/content-policy.js";
import { nextDescription } from "../src/domain/next-description.js";
import { RelayPoints, uriAt } from "../src/domain/relay-points.js";
import { writeDescription } from "../src/domain/write-description.js";
import { parseMsrpDescription } from "@heliograph/sdp";
import { sdp, text } from "./given.js";

describe("MS-58 where the relay may be made to connect", () => {
  const internal = [
    "127.0.0.1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.0.9",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::",
    "fd00::1",
    "fe80::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "224.0.0.1",
    "255.255.255.255",
  ];
  const outside = ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db9::1", "::ffff:8.8.8.8"];

  it("is outside, and nowhere inside", () => {
    const mayConnectTo = connectGuard([], ["192.0.2.1"]);
    for (const address of internal) expect([address, mayConnectTo(address)]).toEqual([address, false]);
    for (const address of outside) expect([address, mayConnectTo(address)]).toEqual([address, true]);
  });

  it("is also what the operator names", () => {
    const mayConnectTo = connectGuard(["10.1.0.0/16", "fd00::/8"], ["192.0.2.1"]);
    expect(["10.1.2.3", "10.2.0.1", "fd00::1", "127.0.0.1"].map(mayConnectTo)).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it("is this machine where the relay serves nothing else", () => {
    expect(connectGuard([], ["127.0.0.1", "::1"])("127.0.0.1")).toBe(true);
    expect(connectGuard([], ["127.0.0.1", "0.0.0.0"])("127.0.0.1")).toBe(false);
    expect(connectGuard([], [])("127.0.0.1")).toBe(false);
  });

  it.each(["10.0.0.0/8", "::1", "10.0.0.1"])("%s is a range", (range) => expect(isRange(range)).toBe(true));
  it.each(["", "ten", "10.0.0.0/33", "::/129", "10.0.0.0/x"])("%j is none", (range) =>
    expect(isRange(range)).toBe(false),
  );
});

describe("PF-14 what a session may carry", () => {
  const inside = (body: string, contentTypes = ["image/png"]) =>
    new ContentPolicy({ maxMessageBytes: 100, contentTypes }).refusalOfStart(Buffer.from(body));

  it("message/cpim is looked into only where something is forbidden", () => {
    const policy = (...contentTypes: string[]) => new ContentPolicy({ maxMessageBytes: 1, contentTypes });
    expect(policy("*").looksInside("message/cpim")).toBe(false);
    expect(policy("*/*").looksInside("message/cpim")).toBe(false);
    expect(policy().looksInside("Message/CPIM;x=y")).toBe(true);
    expect(policy().looksInside("text/plain")).toBe(false);
    expect(policy().looksInside(undefined)).toBe(false);
  });

  it("what cannot be read, or is not all there, is not refused for what it may be", () => {
    expect(inside("garbage")).toBeUndefined();
    expect(inside("From: <sip:a@x>\r\n\r\nContent-Type: image/gi")).toBeUndefined();
    expect(inside("From: <sip:a@x>\r\n\r\nContent-Type: image/gif\r\n\r\n")).toBe(415);
    expect(inside("From: <sip:a@x>\r\n\r\nContent-Type: image/png\r\n\r\n")).toBeUndefined();
  });
});

describe("MS-22 where ends come to", () => {
  const at = (transport: "tcp" | "tls" | "ws" | "wss", port: number, host = "relay.example.com") => ({
    transport,
    host,
    port,
  });

  it("is the next best listener where one is missing", () => {
    const plain = new RelayPoints([at("tcp", 1), at("ws", 2)]);
    expect(["tcp", "tls", "ws"].map((reach) => plain.pointFor(reach as "tcp").port)).toEqual([1, 1, 2]);
    expect(plain.protocols).toEqual(["TCP/MSRP"]);
    const secure = new RelayPoints([at("tls", 3)]);
    expect(["tcp", "tls", "ws"].map((reach) => secure.pointFor(reach as "tcp").port)).toEqual([3, 3, 3]);
    expect(secure.protocols).toEqual(["TCP/TLS/MSRP"]);
    expect(() => new RelayPoints([]).pointFor("tcp")).toThrow("listens nowhere");
  });

  it("MS-51 is a URI with an explicit port, an IPv6 address in brackets", () => {
    expect(uriAt(at("tcp", 2855, "2001:db8::1"), "s3cret").text).toBe("msrp://[2001:db8::1]:2855/s3cret;tcp");
    expect(uriAt(at("wss", 443), "s3cret").text).toBe("msrps://relay.example.com:443/s3cret;ws");
  });

  it("MS-04 is recognised in other letters", () => {
    const points = new RelayPoints([at("tcp", 1), at("tcp", 2)]);
    const has = (uri: string) => {
      const read = parseMsrpUri(uri);
      return read.ok && points.has(read.value);
    };
    expect(
      [
        "msrp://RELAY.example.com:2/x;TCP",
        "msrp://relay.example.com:3/x;tcp",
        "msrp://relay.example.com/x;tcp",
      ].map(has),
    ).toEqual([true, false, false]);
  });
});

describe("MS-51 the next description of a side", () => {
  it("is later than what another relay has sent, when the session has moved here", () => {
    const says = (path: string) => sdp("v=0", "o=- 1 7 IN IP4 h", "s=\xfc", `a=path:${path}`);
    const first = nextDescription(undefined, says("a"), 1_000);
    expect(text(first)).toContain("o=- 1 1007 IN IP4 h\r\n");
    expect(text(first)).toContain(`s=${Buffer.from("\xfc").toString("latin1")}\r\n`);
    expect(text(nextDescription(first, says("b"), 1_001))).toContain("o=- 1 1008 ");
    expect(text(nextDescription(undefined, says("c"), 1_002))).toContain("o=- 1 1009 ");
  });

  it("has no version to count on after a first without one", () => {
    const odd = sdp("v=0", "o=- x y IN IP4 h");
    const next = sdp("v=0", "o=- 1 1 IN IP4 h", "a=x");
    expect(nextDescription(odd, next, 5)).toBe(next);
    expect(nextDescription(undefined, odd, 5)).toBe(odd);
  });

  it("without a section is what it was, octet for octet", () => {
    const body = Buffer.from("v=0\r\no=- 1 1 IN IP4 h\r\ns=\xff\r\n", "latin1");
    const read = parseMsrpDescription(body);
    if (!read.ok) throw new Error(read.error.rule);
    const written = writeDescription(read.value, [], { fingerprints: [], maxMessageBytes: 1 });
    expect(Buffer.from(written).equals(body)).toBe(true);
    expect(text(written)).toContain("\xff");
  });
});

describe("the settings of the relay", () => {
  it("work as they are", () => {
    expect(loadConfig({}, readConfig)).toMatchObject({
      nodeId: "relay1",
      listen: [
        { transport: "tcp", address: "127.0.0.1", port: 2855 },
        { transport: "tls", address: "127.0.0.1", port: 2856 },
        { transport: "ws", address: "127.0.0.1", port: 2857 },
        { transport: "wss", address: "127.0.0.1", port: 2858 },
      ],
    });
    expect(loadConfig({ MSRP_LISTEN: "TLS:[::1]:1" }, readConfig).listen).toEqual([
      { transport: "tls", address: "::1", port: 1 },
    ]);
  });

  it.each([
    [{ MSRP_LISTEN: "udp:127.0.0.1:1" }, "tcp, tls, ws or wss"],
    [{ MSRP_LISTEN: "tcp:127.0.0.1" }, "port"],
    [{ MSRP_LISTEN: "tcp:::1:9" }, "MSRP_LISTEN"],
    [{ MSRP_LISTEN: "," }, "one listener"],
    [{ MSRP_NODE_ID: "a.b" }, "MSRP_NODE_ID"],
    [{ MSRP_CONNECT_INTERNAL: "10.0.0.0/8,ten" }, '"ten"'],
  ])("%j is complained of", (env, complaint) => {
    expect(() => loadConfig(env, readConfig)).toThrow(ConfigError);
    expect(() => loadConfig(env, readConfig)).toThrow(complaint);
  });
});
