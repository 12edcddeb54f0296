import { describe, expect, it } from "@jest/globals";
import { createRequest, type Outcome, TransactionLayer } from "@heliograph/sip";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import { ConnectError } from "../src/dialler.js";
import { HopMemory } from "../src/hop-memory.js";
import { OutgoingRequest } from "../src/outgoing-request.js";
import type { Sending } from "../src/sending.js";
import { newCounters } from "../src/stack-counters.js";
import { UdpPeer } from "../src/udp-peer.js";

/** A UDP flow to an address that lets no TCP in and says nothing about that: a NAT. */
function givenNat() {
  const clock = new FakeClock();
  const chance = new PredictableChance();
  const refusals: (() => void)[] = [];
  const datagrams: Uint8Array[] = [];
  const user = { onRequest: () => undefined, onStray: () => undefined };
  const limits = { maxServerTransactions: 10, maxClientTransactions: 10 };
  const sending: Sending = {
    clock,
    chance,
    counters: newCounters(),
    layer: new TransactionLayer({ clock, chance, user, limits }),
    dialler: {
      existing: () => undefined,
      reach: () => new Promise((_, reject) => refusals.push(() => reject(new ConnectError("no connection")))),
    },
    avoided: new HopMemory(clock),
    withoutTcp: new HopMemory(clock),
    udpPeer: () => undefined,
  };
  const near = {
    address: "198.51.100.1",
    port: 5060,
    sentBy: { host: "198.51.100.1", port: 5060 },
    send: (bytes: Uint8Array) => void datagrams.push(bytes),
    resend: () => false,
  };
  const send = (timeoutMs: number) =>
    new Promise<Outcome>((resolve) => {
      const outgoing = new OutgoingRequest(sending, large, resolve);
      outgoing.limit(timeoutMs);
      outgoing.overFlow(new UdpPeer(near, "192.0.2.10", 40_000));
    });
  return { clock, sending, refusals, datagrams, send };
}

const large = createRequest({
  method: "MESSAGE",
  requestUri: "sip:bob@10.0.0.5",
  headers: [
    ["From", "<sip:alice@example.com>;tag=1"],
    ["To", "<sip:bob@example.com>"],
    ["Call-ID", "large"],
    ["CSeq", "1 MESSAGE"],
  ],
  body: new Uint8Array(1_400),
});

describe("RFC 3261 §18.1.1 a large request for a device behind a NAT", () => {
  it("GEN-45 learns that no TCP gets there also when the answer to that comes too late for the request", async () => {
    const { clock, refusals, datagrams, send } = givenNat();
    const first = send(1_000);
    clock.advance(1_000);
    expect(await first).toEqual({ kind: "silent" });
    for (const refuse of refusals) refuse();
    await new Promise(setImmediate);
    expect(datagrams).toHaveLength(0);
    void send(1_000);
    expect(datagrams).toHaveLength(1);
  });
});
