import { describe, expect, it } from "@jest/globals";
import {
  answerTo,
  bindOne,
  bodiless,
  described,
  firstVersion,
  givenRelay,
  givenSession,
  pathOf,
  sendOf,
  text,
  translated,
} from "./given.js";

const aliceSdp = (...more: string[]) => described({ more: ["a=setup:active", ...more] });
const bobSdp = (...more: string[]) =>
  described({ user: "bob", host: "192.0.2.20", more: ["a=setup:active", ...more] });

describe("PF-10 a new offer inside a session", () => {
  it.each(["sendonly", "recvonly", "inactive"])(
    "hold and resume pass, and the connections stay: %s",
    async (way) => {
      const relay = await givenRelay();
      const { session, alice, bob } = await givenSession(relay);
      const held = translated(await relay.offer(session, "caller", aliceSdp(`a=${way}`)));
      expect(text(held)).toContain(`a=${way}\r\n`);
      expect(pathOf(held)).toBe(bob.to);
      const answer = translated(await relay.answer(session, "callee", bobSdp("a=inactive")));
      expect(text(answer)).toContain("a=inactive\r\n");
      expect(pathOf(answer)).toBe(alice.to);
      alice.connection.feed(sendOf(alice));
      expect(bob.connection.take()).toContain("hello");
    },
  );

  it("MS-51 what changes for nobody keeps its octets, o-line included; what changes counts up by one", async () => {
    const relay = await givenRelay();
    const { session } = await givenSession(relay);
    const first = translated(await relay.offer(session, "caller", aliceSdp()));
    translated(await relay.answer(session, "callee", bobSdp()));
    const same = translated(await relay.offer(session, "caller", aliceSdp()));
    expect(text(same)).toBe(text(first));
    expect(text(first)).toContain(`o=alice 10 ${firstVersion} `);
    const held = text(translated(await relay.offer(session, "caller", aliceSdp("a=inactive"))));
    expect(held).toContain(`o=alice 10 ${firstVersion + 1} `);
    const resumed = text(translated(await relay.offer(session, "caller", aliceSdp())));
    expect(resumed).toContain(`o=alice 10 ${firstVersion + 2} `);
  });

  it("port 0 ends the stream, for both and for good", async () => {
    const relay = await givenRelay();
    const { session, alice, bob } = await givenSession(relay);
    const gone = text(aliceSdp()).replace("m=message 9 ", "m=message 0 ");
    const offer = translated(await relay.offer(session, "caller", Buffer.from(gone)));
    expect(text(offer)).toContain("m=message 0 TCP/MSRP *");
    expect(alice.connection.closedBecause).toBeUndefined();
    const back = text(bobSdp()).replace("m=message 9 ", "m=message 0 ");
    translated(await relay.answer(session, "callee", Buffer.from(back)));
    expect([alice.connection.closedBecause, bob.connection.closedBecause]).toEqual(["closed", "closed"]);
  });

  it("a refused offer leaves everything as it was", async () => {
    const relay = await givenRelay();
    const { session, alice, bob } = await givenSession(relay);
    expect(await relay.offer(session, "callee", Buffer.from("?"))).toMatchObject({
      kind: "refused",
      status: 400,
    });
    translated(await relay.offer(session, "callee", bobSdp("a=inactive")));
    alice.connection.feed(sendOf(alice));
    expect(bob.connection.take()).toContain("hello");
  });

  it("MS-47 a new path is bound anew, and its old connection has no part in the session any more", async () => {
    const relay = await givenRelay();
    const { session, alice, bob } = await givenSession(relay);
    const moved = described({ path: "msrp://192.0.2.10:9/elsewhere;tcp", more: ["a=setup:active"] });
    translated(await relay.offer(session, "caller", moved));
    const answer = translated(await relay.answer(session, "callee", bobSdp()));
    alice.connection.feed(sendOf(alice));
    expect(alice.connection.take()).toContain(" 481 ");
    const again = {
      connection: relay.connections.arrive(),
      to: pathOf(answer),
      from: "msrp://192.0.2.10:9/elsewhere;tcp",
    };
    const stale = relay.connections.arrive();
    stale.feed(sendOf(alice));
    expect(stale.take()).toContain(" 481 ");
    bindOne(again);
    again.connection.feed(sendOf(again));
    const received = bob.connection.take();
    bob.connection.feed(answerTo(received, 200, "OK"));
    expect(again.connection.take()).toContain(" 200 OK\r\n");
    relay.clock.advance(30_000);
    expect(alice.connection.closedBecause).toContain("no request");
    expect(relay.lost).toEqual([]);
  });

  it("MS-13 a new path may come over the connection that is there", async () => {
    const relay = await givenRelay();
    const { session, alice, bob } = await givenSession(relay);
    const from = "msrp://192.0.2.10:9/elsewhere;tcp";
    translated(await relay.offer(session, "caller", described({ path: from, more: ["a=setup:active"] })));
    const answer = translated(await relay.answer(session, "callee", bobSdp()));
    const again = { connection: alice.connection, to: pathOf(answer), from };
    bindOne(again);
    again.connection.feed(sendOf(again));
    expect(bob.connection.take()).toContain("hello");
    relay.clock.advance(60_000);
    expect(alice.connection.closedBecause).toBeUndefined();
  });

  it("a change of transport goes with the offer", async () => {
    const relay = await givenRelay();
    const { session } = await givenSession(relay);
    const secure = described({
      protocol: "TCP/TLS/MSRP",
      path: "msrps://192.0.2.10:9/tls;tcp",
      more: ["a=setup:active"],
    });
    translated(await relay.offer(session, "caller", secure));
    const answer = translated(await relay.answer(session, "callee", bobSdp()));
    expect(pathOf(answer)).toMatch(/^msrps:\/\/192\.0\.2\.1:2856\//);
    const plain = relay.connections.arrive("tcp");
    plain.feed(bodiless(pathOf(answer), "msrps://192.0.2.10:9/tls;tcp"));
    expect(plain.take()).toContain(" 481 ");
    bindOne({
      connection: relay.connections.arrive("tls"),
      to: pathOf(answer),
      from: "msrps://192.0.2.10:9/tls;tcp",
    });
  });
});

describe("several devices were offered the session", () => {
  it("MS-06 who comes before the answer waits for it; only the one that answered gets in", async () => {
    const relay = await givenRelay();
    const offered = await relay.anchor(aliceSdp());
    if (offered.kind !== "anchored") throw new Error("refused");
    const { session } = offered.anchor;
    const to = pathOf(offered.offers?.tcp);
    const [desk, phone] = [relay.connections.arrive(), relay.connections.arrive()];
    desk.feed(bodiless(to, "msrp://192.0.2.30:9/desk;tcp"));
    phone.feed(bodiless(to, "msrp://192.0.2.20:9/bobsecret;tcp"));
    expect(desk.take() + phone.take()).toBe("");
    translated(await relay.answer(session, "callee", bobSdp()));
    expect(desk.take()).toContain(" 481 ");
    expect(phone.take()).toContain(" 200 OK");
  });
});
