import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "@jest/globals";
import { FakeClock } from "@heliograph/testkit";
import type { Peer } from "../src/peer.js";
import { UdpProbes } from "../src/udp-probes.js";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A peer with a socket of its own, and probes that share a free port of ours. */
async function given() {
  const far = createSocket("udp4");
  far.bind(0, "127.0.0.1");
  await once(far, "listening");
  const near = createSocket({ type: "udp4", reuseAddr: true });
  near.bind({ address: "127.0.0.1", port: 0, exclusive: true });
  await once(near, "listening");
  const clock = new FakeClock();
  const heard: string[] = [];
  const probes = new UdpProbes({
    clock,
    isIpv6: false,
    local: () => ({ address: "127.0.0.1", port: near.address().port }),
    receive: (datagram) => void heard.push(datagram.toString()),
    onUnreachable: () => undefined,
  });
  ends.push(() => {
    probes.close();
    far.close();
    near.close();
  });
  const peer = { remoteAddress: "127.0.0.1", remotePort: far.address().port } as Peer;
  const send = () => probes.send(Buffer.from("MESSAGE"), peer, { unreachable: () => undefined });
  return { far, clock, heard, send };
}

describe("rfc3261 §18.4 GEN-30 a peer that may be gone is looked for", () => {
  it("looks again for a peer that said nothing, and not for one that was heard", async () => {
    const { far, clock, heard, send } = await given();
    expect(send()).toBe(true);
    await once(far, "message");
    clock.advance(3_100);
    expect(send()).toBe(true);
    const [, from] = (await once(far, "message")) as [Buffer, { port: number; address: string }];
    far.send("SIP/2.0 200 OK", from.port, from.address);
    while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    clock.advance(3_100);
    expect(send()).toBe(false);
    clock.advance(30_000);
    expect(send()).toBe(true);
  });
});
