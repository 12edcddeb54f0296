import { describe, expect, it } from "@jest/globals";
import { givenRelay, givenSession, sendOf, tidOf } from "./given.js";

describe("a SEND is carried from one end to the other: MS-49 MS-21", () => {
  it("whole, with the paths of the far side, a transaction of its own, and nothing else changed", async () => {
    const relay = await givenRelay();
    const { alice, bob } = await givenSession(relay);
    const sent = sendOf(alice, {
      tid: "a786hjs2",
      messageId: "87652491",
      range: "1-25/25",
      fields: ["Success-Report: yes", "X-Unknown:  kept "],
      body: "Hey Bob, are you there ü?",
    });
    alice.connection.feed(sent);
    const received = bob.connection.take();
    const tid = tidOf(received);
    expect(tid).not.toBe("a786hjs2");
    expect(received).toBe(
      sent
        .replaceAll("a786hjs2", tid)
        .replace(`To-Path: ${alice.to}`, `To-Path: ${bob.from}`)
        .replace(`From-Path: ${alice.from}`, `From-Path: ${bob.to}`)
        .replace("ü", Buffer.from("ü").toString("latin1")),
    );
  });
});
