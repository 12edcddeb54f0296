import { describe, expect, it } from "@jest/globals";
import { createRequest, type Flow, parseMessage } from "@heliograph/sip";
import { replyPortOf, stampVia } from "../src/stamp-via.js";
import { message } from "./given.js";

const from: Flow = {
  id: "any",
  transport: "udp",
  localAddress: "192.0.2.1",
  localPort: 5060,
  remoteAddress: "198.51.100.7",
  remotePort: 4567,
};

function stamped(via: string, differently: Partial<Flow> = {}): string | undefined {
  const parsed = parseMessage(Buffer.from(message({ via })), { framing: "datagram" });
  if (!parsed.ok || parsed.value.kind !== "request") throw new Error(`not a request with Via ${via}`);
  const request = stampVia(parsed.value, { ...from, ...differently });
  expect(request.via.raw).toBe(request.headers.get("via"));
  expect(request.via.branch).toBe(parsed.value.via.branch);
  return request.headers.get("via");
}

describe("RFC 3261 §18.2.1 and RFC 3581 §4 the top Via", () => {
  for (const [via, expected] of [
    ["SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1", "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1"],
    [
      "SIP/2.0/UDP 198.51.100.7;rport;branch=z9",
      "SIP/2.0/UDP 198.51.100.7;rport=4567;branch=z9;received=198.51.100.7",
    ],
    [
      "SIP/2.0/UDP a.example;branch=z9;RPORT",
      "SIP/2.0/UDP a.example;branch=z9;rport=4567;received=198.51.100.7",
    ],
    [
      "SIP/2.0/UDP a.example; rport ;branch=z9",
      "SIP/2.0/UDP a.example;rport=4567;branch=z9;received=198.51.100.7",
    ],
    [
      "SIP/2.0/UDP a.example;rport=9;branch=z9",
      "SIP/2.0/UDP a.example;rport=9;branch=z9;received=198.51.100.7",
    ],
    ["SIP/2.0/UDP 198.51.100.7;received=1.2.3.4;branch=z9", "SIP/2.0/UDP 198.51.100.7;branch=z9"],
    ['SIP/2.0/UDP 198.51.100.7;received="a;b";branch=z9', "SIP/2.0/UDP 198.51.100.7;branch=z9"],
    [
      'SIP/2.0/UDP 198.51.100.7;x="a;rport;received=\\"b";rport;branch=z9',
      'SIP/2.0/UDP 198.51.100.7;x="a;rport;received=\\"b";rport=4567;branch=z9;received=198.51.100.7',
    ],
  ] as const) {
    it(`GEN-38 makes ${expected} of ${via}`, () => {
      expect(stamped(via)).toBe(expected);
    });
  }

  it("GEN-38 stamps what can be answered and no more, whatever is wrong with its Request-URI, From, To and CSeq", () => {
    const text = message({ via: "SIP/2.0/UDP a.example;branch=z9;rport" })
      .replace(/^(\w+) \S+/, "$1 si p:\x04")
      .replace(/^(From|To|CSeq): .*/gim, "$1: <;>");
    const parsed = parseMessage(Buffer.from(text), { framing: "datagram" });
    if (parsed.ok || !parsed.error.answerable) throw new Error("not malformed, or not answerable");
    const { via } = stampVia(parsed.error.answerable, from);
    expect(via.raw).toBe("SIP/2.0/UDP a.example;branch=z9;rport=4567;received=198.51.100.7");
  });

  it("writes an IPv6 address without brackets and zone", () => {
    expect(stamped("SIP/2.0/UDP a.example;branch=z9", { remoteAddress: "fe80::1%eth0" })).toBe(
      "SIP/2.0/UDP a.example;branch=z9;received=fe80::1",
    );
  });

  it("asks nothing of a name over WebSocket (RFC 7118 §5.3)", () => {
    const via = "SIP/2.0/WS a.invalid;branch=z9";
    expect(stamped(via, { transport: "ws" })).toBe(via);
  });

  it("GEN-38 sends the answer to the source port with rport, else to that of sent-by, else to 5060", () => {
    const port = (via: string) => {
      const headers = [["Via", via]] as const;
      return replyPortOf(createRequest({ method: "OPTIONS", requestUri: "sip:a", headers }).via, 4567);
    };
    expect(port("SIP/2.0/UDP a.example:9;rport")).toBe(4567);
    expect(port("SIP/2.0/UDP a.example:9")).toBe(9);
    expect(port("SIP/2.0/UDP a.example")).toBe(5060);
  });
});
