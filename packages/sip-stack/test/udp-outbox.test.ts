import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { UdpOutbox } from "../src/udp-outbox.js";
import type { UdpPeer } from "../src/udp-peer.js";

function given() {
  const sent: string[] = [];
  const outbox = new UdpOutbox(({ bytes }) => void sent.push(Buffer.from(bytes).toString()));
  const put = (text: string) =>
    outbox.put({ bytes: Buffer.from(text), to: {} as UdpPeer, onError: undefined });
  return { outbox, put, sent };
}

describe("datagrams of one turn of the event loop leave together", () => {
  it("waits until the turn is over and keeps the order", async () => {
    const { put, sent } = given();
    put("one");
    await Promise.resolve().then(() => put("two"));
    expect(sent).toEqual([]);
    await nextTurn();
    expect(sent).toEqual(["one", "two"]);
  });

  it("sends at once what waits when it is told to, and nothing twice", async () => {
    const { outbox, put, sent } = given();
    put("one");
    outbox.flush();
    expect(sent).toEqual(["one"]);
    put("two");
    await nextTurn();
    await nextTurn();
    expect(sent).toEqual(["one", "two"]);
  });
});
