import { describe, expect, it } from "@jest/globals";
import type { Target, TransportName } from "@heliograph/sip";
import { sessionTargetOf } from "../src/domain/session-target.js";
import { flowFrom } from "./given.js";

const points = [
  { transport: "udp", address: "198.51.100.1", port: 5060 },
  { transport: "tcp", address: "198.51.100.1", port: 5060 },
  { transport: "tls", address: "198.51.100.1", port: 5061 },
  { transport: "ws", address: "198.51.100.1", port: 5060 },
] as const;
const overFlow = (transport: TransportName) => ({
  kind: "flow",
  flowId: flowFrom("192.0.2.10", transport).id,
});

describe("GEN-30 GEN-11 RFC 3261 §12.2.1.1 where a request inside a dialog goes", () => {
  const wayTo = (
    uri: string,
    transport: TransportName,
    parts: { isOpen?: boolean; isDirect?: boolean; localPort?: number } = {},
  ) => {
    const { isOpen = true, isDirect = true, localPort } = parts;
    const flow = flowFrom("192.0.2.10", transport);
    const dialled = localPort === undefined ? flow : { ...flow, localPort };
    return sessionTargetOf({ uri, flow: dialled, isOpen, isDirect }, points);
  };

  it.each<[string, TransportName, "flow" | "uri"]>([
    ["sip:a@192.0.2.10:5062", "udp", "uri"],
    ["sip:a@10.0.0.1:5062", "udp", "flow"],
    ["sip:a@192.0.2.10:9999", "udp", "flow"],
    ["sip:a@192.0.2.10", "udp", "flow"],
    ["sip:a@192.0.2.10:9999;transport=tcp", "udp", "uri"],
    ["sip:a@[2001:db8::1]:5062", "udp", "flow"],
    ["sip:a@host.example.net:9999", "udp", "uri"],
    ["sip:a@x.invalid", "udp", "flow"],
    ["tel:+15551", "udp", "uri"],
  ])("%s over %s: by %s", (uri, transport, kind) => {
    expect(wayTo(uri, transport)).toEqual(kind === "uri" ? { kind, uri } : overFlow(transport));
  });

  it.each<[string, TransportName, Target | undefined]>([
    ["sip:a@192.0.2.10:5062;transport=tcp", "tcp", undefined],
    ["sip:a@10.0.0.1:5060;transport=tcp", "tcp", undefined],
    ["sips:a@10.0.0.1", "tls", undefined],
    ["sip:a@x.invalid;transport=ws", "ws", undefined],
    [
      "sip:a@192.0.2.10:5060;transport=tcp",
      "tcp",
      { kind: "uri", uri: "sip:a@192.0.2.10:5060;transport=tcp" },
    ],
    [
      "sip:a@host.example.net;transport=tcp",
      "tcp",
      { kind: "uri", uri: "sip:a@host.example.net;transport=tcp" },
    ],
  ])("%s over %s once it is closed: %j", (uri, transport, target) => {
    expect(wayTo(uri, transport)).toEqual(overFlow(transport));
    expect(wayTo(uri, transport, { isOpen: false })).toEqual(target);
  });

  it("a connection that we opened leads to where the peer listens", () => {
    const uri = "sip:a@192.0.2.10:5062;transport=tcp";
    expect(wayTo(uri, "tcp", { isOpen: false, localPort: 40_000 })).toEqual({ kind: "uri", uri });
  });

  it("behind a proxy that does not record its route, it is the Contact that leads there", () => {
    const uri = "sip:a@10.0.0.1:5062";
    expect(wayTo(uri, "udp", { isDirect: false })).toEqual({ kind: "uri", uri });
  });
});
