import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { selfSigned } from "@heliograph/testkit";
import { closeAll, until } from "./given.js";
import { givenSession, partsOf, watch } from "./given-endpoints.js";

afterEach(closeAll);

let server: Awaited<ReturnType<typeof selfSigned>>;

beforeAll(async () => {
  server = await selfSigned("localhost");
});

const text = (content: string) => ({ contentType: "text/plain", body: Buffer.from(content) });

describe("RFC 4975 §5.4 MSRP Connection Model, at end points", () => {
  for (const transport of ["tcp", "tls", "ws", "wss"] as const) {
    it(`MS-14 binds a session over ${transport} by a SEND at once, and carries messages both ways`, async () => {
      const { alice, bob } = await givenSession(transport, {
        aliceOptions: { tls: { ca: server.ca } },
        bobOptions: { tls: server },
      });
      await Promise.all([alice.session.bound, bob.session.bound]);
      const large = Buffer.alloc(500_000, "0123456789abcdef");
      const sent = [
        alice.session.send(text("hello")),
        bob.session.send(text("and hello to you")),
        alice.session.send({ contentType: "application/octet-stream", body: large }),
      ];
      expect(await Promise.all(sent.map((message) => message.sent))).toEqual([
        { kind: "done" },
        { kind: "done" },
        { kind: "done" },
      ]);
      expect(bob.texts()[0]).toBe("hello");
      expect(bob.texts()[1] === large.toString("latin1")).toBe(true);
      expect(alice.texts()).toEqual(["and hello to you"]);
      expect(bob.messages[1]).toMatchObject({ contentType: "application/octet-stream", total: 500_000 });
    });
  }

  it("MS-13 shares a connection between sessions, and closes it after the last", async () => {
    const { alice, dialling, listening } = await givenSession();
    await alice.session.bound;
    const others = Array.from({ length: 3 }, () => {
      const [own, peer] = [dialling.endpoints.createUri("tcp"), listening.endpoints.createUri("tcp")];
      const theirs = watch(listening.endpoints.open(partsOf(peer, own)));
      return { theirs, ours: watch(dialling.endpoints.open(partsOf(own, peer, { role: "active" }))) };
    });
    await Promise.all(others.map(({ ours }) => ours.session.bound));
    await Promise.all(others.map(({ ours }, index) => ours.session.send(text(`to ${index}`)).sent));
    expect(others.map(({ theirs }) => theirs.texts())).toEqual([["to 0"], ["to 1"], ["to 2"]]);
    alice.session.close();
    for (const { ours } of others.slice(1)) ours.session.close();
    expect(await others[0]?.ours.session.send(text("still here")).sent).toEqual({ kind: "done" });
    others[0]?.ours.session.close();
    await until(() => others.every(({ theirs }) => theirs.failed() !== undefined));
  });

  it("MS-17 arms nothing any more when they have stopped: a process can end", async () => {
    const { alice, bob, dialling, listening } = await givenSession();
    await alice.session.bound;
    await alice.session.send(text("hello")).sent;
    bob.session.close();
    alice.session.close();
    await Promise.all([dialling.endpoints.stop(), listening.endpoints.stop()]);
    await until(() => dialling.clock.armed + listening.clock.armed === 0);
  });
});
