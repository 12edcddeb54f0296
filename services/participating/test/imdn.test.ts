import { deflateSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { alice, answered, asking, binding, bob, carol, given, hello, imdnFromBob, text } from "./given.js";

const accepted = (status: 200 | 202) => ({ kind: "accepted", status });
const aliceOnline = async (situation: Parameters<typeof given>[0] = {}) => {
  const world = await given(situation);
  await world.state.registrations.change(alice, () => ({ bindings: [binding("a1")], reply: undefined }));
  return world;
};

describe("PF-13 the recipient's devices report about one message", () => {
  it("PF-13 only the first <delivered/> passes; the second is answered alike and goes nowhere", async () => {
    const { originate, legs } = await aliceOnline();
    expect(await originate(imdnFromBob("delivered"))).toEqual(accepted(200));
    expect(await originate(imdnFromBob("delivered", { callId: "other device" }))).toEqual(accepted(200));
    expect(legs).toHaveLength(1);
  });

  it("<displayed/> is another disposition, and passes once as well", async () => {
    const { originate, legs } = await aliceOnline();
    for (const status of ["delivered", "displayed", "displayed"] as const)
      await originate(imdnFromBob(status, { callId: `x${legs.length}` }));
    expect(legs).toHaveLength(2);
  });

  it("a report that was not taken leaves the way free for the next", async () => {
    const { originate, legs } = await aliceOnline({ answers: { a1: [answered(403), answered(200)] } });
    expect(await originate(imdnFromBob("delivered"))).toMatchObject({ kind: "refused" });
    expect(await originate(imdnFromBob("delivered", { callId: "other device" }))).toEqual(accepted(200));
    expect(legs).toHaveLength(2);
  });

  it("reads liblinphone's: deflated, without NS header", async () => {
    const { originate, legs } = await aliceOnline();
    const encoded = (callId: string) => {
      const plain = imdnFromBob("delivered", { callId });
      return {
        ...plain,
        headers: [["Content-Encoding", "deflate"] as [string, string]],
        body: new Uint8Array(deflateSync(plain.body)),
      };
    };
    const first = encoded("1");
    await originate(first);
    await originate(encoded("2"));
    expect(legs).toHaveLength(1);
    expect(legs[0]?.message).toEqual(first);
  });
});

describe("PF-57 there is no notification for a notification", () => {
  it("PF-57 a stored IMDN that asks for processing gets none, and no route of ours", async () => {
    const { originate, stores, legs, service } = await given();
    const headers = [
      "NS: imdn <urn:ietf:params:imdn>",
      "imdn.Disposition-Notification: processing, negative-delivery",
    ];
    const imdn = imdnFromBob("delivered", {}, headers);
    expect(await originate(imdn)).toEqual(accepted(202));
    await service.stop();
    expect(stores.map(({ owner, message }) => [owner, text(message.body)])).toEqual([
      [alice, text(imdn.body)],
    ]);
    expect(legs).toEqual([]);
  });

  it("DF-41 an IMDN for a user who is away is deferred like any message", async () => {
    const { originate, stores } = await given();
    expect(await originate(imdnFromBob("displayed"))).toEqual(accepted(202));
    expect(stores).toMatchObject([{ owner: alice, cause: "offline" }]);
  });

  it("PF-57 a 2xx of a device makes no positive-delivery of ours", async () => {
    const { originate, legs, service } = await aliceOnline();
    await originate(asking("positive-delivery, processing"));
    await service.stop();
    expect(legs.map((leg) => leg.message.recipient)).toEqual([bob]);
  });
});

describe("PF-45 notifications on their way back", () => {
  const ours = "imdn.IMDN-Route: <sip:imdn@a.example>";
  const toUs = { requestUri: "sip:imdn@a.example", recipient: "sip:imdn@a.example" };

  it("PF-45 our route is popped, and the CPIM To is where it goes on", async () => {
    const { originate, legs } = await aliceOnline();
    const imdn = imdnFromBob("delivered", toUs, [ours]);
    expect(await originate(imdn)).toEqual(accepted(200));
    expect(legs[0]?.message.recipient).toBe(alice);
    expect(text(legs[0]?.message.body ?? new Uint8Array())).toBe(text(imdn.body).replace(`${ours}\r\n`, ""));
  });

  it("PF-45 the next IMDN-Route comes before the CPIM To", async () => {
    const { originate, forwards } = await aliceOnline();
    await originate(imdnFromBob("delivered", toUs, [ours, `imdn.IMDN-Route: <${carol}>`]));
    expect(forwards).toMatchObject([{ requestUri: carol }]);
  });

  it("works for a notification that was sent to the sender's own address, too", async () => {
    const { originate, legs } = await aliceOnline();
    await originate(imdnFromBob("delivered", {}, [ours]));
    expect(legs[0]?.message.recipient).toBe(alice);
    expect(text(legs[0]?.message.body ?? new Uint8Array())).not.toContain("IMDN-Route");
  });

  it("a route of others is none of our business", async () => {
    const { originate, legs } = await aliceOnline();
    const imdn = imdnFromBob("delivered", {}, ["imdn.IMDN-Route: <sip:imdn@elsewhere.example>"]);
    await originate(imdn);
    expect(legs[0]?.message).toEqual(imdn);
  });

  it("SC-08 a stranger's notification is routed to our users and to nobody else", async () => {
    const { terminate, legs, forwards } = await aliceOnline();
    const stranger = { sender: { kind: "claimed" as const, aor: "sip:m@evil.example", asserted: [] } };
    const relayed = imdnFromBob("delivered", { ...toUs, ...stranger }, [ours, `imdn.IMDN-Route: <${carol}>`]);
    expect(await terminate(relayed)).toMatchObject({ kind: "refused", status: 403 });
    expect(forwards).toEqual([]);
    expect(await terminate(imdnFromBob("delivered", { ...toUs, ...stranger }, [ours]))).toEqual(
      accepted(200),
    );
    expect(legs[0]?.message.recipient).toBe(alice);
  });

  it("one that came to us without IMDN-Route goes on to the CPIM To, and one with another's to that", async () => {
    const { originate, legs, forwards } = await aliceOnline();
    const imdn = imdnFromBob("delivered", toUs);
    expect(await originate(imdn)).toEqual(accepted(200));
    expect(legs[0]?.message).toMatchObject({ recipient: alice, requestUri: alice });
    expect(legs[0]?.message.body).toEqual(imdn.body);
    await originate(imdnFromBob("displayed", toUs, [`imdn.IMDN-Route: <${carol}>`]));
    expect(forwards).toMatchObject([{ requestUri: carol }]);
  });

  it("our address takes nothing but notifications that know where they go", async () => {
    const { originate, terminate } = await aliceOnline();
    expect(await originate({ ...hello, ...toUs })).toMatchObject({ kind: "refused", status: 403 });
    const loop = imdnFromBob("delivered", toUs, [ours, ours]);
    expect(await originate(loop)).toMatchObject({ kind: "refused", status: 403 });
    expect(await terminate(imdnFromBob("displayed", toUs, [ours]))).toEqual(accepted(200));
    expect(await terminate(imdnFromBob("displayed", toUs, [ours, `imdn.IMDN-Route: <${carol}>`]))).toEqual(
      accepted(200),
    );
  });
});

describe("PF-56 DF-44 send-notification", () => {
  const failed = imdnFromBob("delivered", {
    sender: { kind: "system", aor: "sip:imdn@a.example", asserted: [] },
  });

  it("DF-44 delivers to a user of ours, defers when away, forwards to others", async () => {
    const online = await aliceOnline();
    expect(await online.notify(failed)).toEqual(accepted(200));
    const offline = await given();
    expect(await offline.notify(failed)).toEqual(accepted(202));
    expect(offline.stores).toHaveLength(1);
    const elsewhere = { ...failed, recipient: carol, requestUri: carol };
    expect(await online.notify(elsewhere)).toEqual(accepted(200));
    expect(online.forwards).toHaveLength(1);
    expect(await online.notify({ ...failed, recipient: "sip:nobody@a.example" })).toMatchObject({
      status: 404,
    });
  });

  it("PF-45 DF-12 what the store makes for a message that we routed back through us goes on to its sender", async () => {
    const toUs = { recipient: "sip:imdn@a.example", requestUri: "sip:imdn@a.example" };
    const made = {
      ...imdnFromBob("delivered", toUs, ["imdn.IMDN-Route: <sip:imdn@a.example>"]),
      sender: failed.sender,
    };
    const { notify, legs } = await aliceOnline();
    expect(await notify(made)).toEqual(accepted(200));
    expect(legs[0]?.message.recipient).toBe(alice);
    expect(await notify({ ...hello, ...toUs, sender: failed.sender })).toMatchObject({ status: 403 });
  });

  it("PF-56 has one request at a time open to one recipient, and any number to different ones", async () => {
    const { notify, legs, forwards, clock } = await aliceOnline({
      answers: { a1: ["never", answered(200)] },
    });
    const first = notify({ ...failed, callId: "1" });
    const second = notify({ ...imdnFromBob("displayed", { sender: failed.sender }), callId: "2" });
    await notify({ ...failed, recipient: carol, requestUri: carol });
    expect([legs.length, forwards.length]).toEqual([1, 1]);
    clock.advance(8000);
    expect([await first, await second]).toEqual([accepted(202), accepted(200)]);
  });
});
