import { describe, expect, it } from "@jest/globals";
import { alice, bound, decide, nowMs } from "./given-registration.js";

const phone = "<sip:alice@192.0.2.1:5062>";
const desk = "<sip:alice@192.0.2.2:5062>";
const instance = '+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"';
const outbound = { supported: ["path", "outbound"], transport: "tcp" as const };

describe("RFC 3261 §10.3 step 6: Contact: *", () => {
  const two = bound({ contacts: [phone, desk] });

  it("removes every binding when Expires is 0 (GEN-22, SC-01)", () => {
    expect(bound({ contacts: ["*"], expires: "0", cseq: 2 }, two)).toEqual([]);
    expect(bound({ contacts: ["*"], expires: "0", callId: "another", cseq: 1 }, two)).toEqual([]);
  });

  it.each([
    ["an expiration other than zero", { contacts: ["*"], expires: "10" }],
    ["no expiration", { contacts: ["*"] }],
    ["another Contact beside it", { contacts: ["*", phone], expires: "0" }],
  ])("MUST be refused with 400 with %s", (_, request) => {
    expect(decide({ ...request, cseq: 2 }, two)).toMatchObject({ kind: "refused", status: 400 });
  });

  it("MUST fail as a whole when the CSeq is not higher under the same Call-ID", () => {
    expect(decide({ contacts: ["*"], expires: "0", cseq: 1 }, two)).toMatchObject({
      kind: "refused",
      status: 500,
    });
  });
});

describe("RFC 3261 §10.3 step 7: expiry (GEN-23)", () => {
  it.each([
    ["the expires parameter", { contacts: [`${phone};expires=100`], expires: "200" }, 100],
    ["else Expires", { contacts: [phone], expires: "200" }, 200],
    ["else the default", { contacts: [phone] }, 3_600],
    ["an hour where it cannot be read", { contacts: [`${phone};expires=soon`] }, 3_600],
    ["at most what policy allows", { contacts: [`${phone};expires=4294967296`] }, 86_400],
    ["a short one that is not below the minimum", { contacts: [`${phone};expires=60`] }, 60],
  ])("takes %s", (_, request, expiresS) => {
    expect(bound(request)[0]?.expiresAtMs).toBe(nowMs + expiresS * 1_000);
  });

  it("answers 423 with Min-Expires to what is above zero, below an hour and below the minimum", () => {
    expect(decide({ contacts: [phone], expires: "59" })).toEqual({
      kind: "refused",
      status: 423,
      reason: "Interval Too Brief",
      headers: [["Min-Expires", "60"]],
    });
  });

  it("does not answer 423 to an hour, however high the minimum is", () => {
    const decision = decide({ contacts: [phone], expires: "3600" }, [], { policy: { minExpiresS: 7_200 } });
    expect(decision.kind).toBe("accepted");
  });

  it("removes a binding whose expiration is zero", () => {
    expect(
      bound({ contacts: [`${phone};expires=0`], cseq: 2 }, bound({ contacts: [phone, desk] })),
    ).toMatchObject([{ contact: "sip:alice@192.0.2.2:5062" }]);
  });

  it("accepts the removal of what is not bound", () => {
    expect(decide({ contacts: [phone], expires: "0" })).toMatchObject({
      kind: "accepted",
      bindings: [],
      isAvailable: false,
    });
  });
});

describe("RFC 3261 §10.3 step 7: bindings are found by URI comparison (GEN-22, GEN-46)", () => {
  const current = bound({ contacts: [phone] });

  it("updates a binding whose URI is equal, with the new Call-ID and CSeq", () => {
    const updated = bound(
      { contacts: ["<sip:%61lice@192.0.2.1:5062>;q=0.5"], callId: "new", cseq: 1 },
      current,
    );
    expect(updated).toHaveLength(1);
    expect(updated[0]).toMatchObject({ callId: "new", cseq: 1, q: 500 });
  });

  it("adds a binding whose URI differs", () => {
    expect(bound({ contacts: ["<sip:alice@192.0.2.1:5062;transport=tcp>"], cseq: 2 }, current)).toHaveLength(
      2,
    );
  });

  it.each([1, 0])(
    "MUST abort and change nothing when CSeq %i is not higher under the same Call-ID",
    (cseq) => {
      expect(decide({ contacts: [desk, phone], cseq }, current)).toMatchObject({
        kind: "refused",
        status: 500,
      });
    },
  );

  it("takes the same contact twice in one request as one", () => {
    expect(bound({ contacts: [phone, `${phone};q=0.1`] })).toMatchObject([{ q: 100 }]);
  });

  it("keeps the order in which devices came", () => {
    const both = bound({ contacts: [desk], callId: "desk" }, current);
    const refreshed = bound({ contacts: [phone], cseq: 2 }, both);
    expect(refreshed.map(({ contact }) => contact)).toEqual([
      "sip:alice@192.0.2.1:5062",
      "sip:alice@192.0.2.2:5062",
    ]);
  });

  it("changes nothing without a Contact, which only asks", () => {
    expect(decide({ contacts: [] }, current)).toMatchObject({
      kind: "accepted",
      bindings: current,
      isAvailable: false,
    });
  });

  it("refuses with 403 more contacts than the policy allows", () => {
    const many = [1, 2, 3, 4].map((host) => `<sip:alice@192.0.2.${host}:5062>`);
    expect(decide({ contacts: many }).kind).toBe("accepted");
    expect(decide({ contacts: [...many, "<sip:alice@192.0.2.5:5062>"] })).toMatchObject({ status: 403 });
    expect(decide({ contacts: many, cseq: 2 }, bound({ contacts: many })).kind).toBe("accepted");
  });

  it("answers 400 to a Contact that cannot be read", () => {
    expect(decide({ contacts: ["<sip:alice@"] })).toMatchObject({ kind: "refused", status: 400 });
  });
});

describe("GEN-24 feature tags of a registration (RFC 3840 §6)", () => {
  it("states the whole set again: a tag that is missing in a refresh is gone", () => {
    const first = bound({ contacts: [`${phone};+g.oma.sip-im;audio;methods="MESSAGE,INVITE"`] });
    expect(first[0]?.params).toEqual([
      ["+g.oma.sip-im", null],
      ["audio", null],
      ["methods", "MESSAGE,INVITE"],
    ]);
    expect(bound({ contacts: [`${phone};audio`], cseq: 2 }, first)[0]?.params).toEqual([["audio", null]]);
  });
});

describe("GEN-25 Path (RFC 3327 §5.3)", () => {
  const path = ["<sip:p1.example;lr>", "<sip:p2.example;lr>"];

  it("is stored in order with the binding", () => {
    expect(bound({ path, supported: ["path"], firstHop: false })[0]?.path).toEqual(path);
  });

  it("answers 420 when Supported does not name path, unless policy takes it", () => {
    expect(decide({ path, firstHop: false })).toMatchObject({
      status: 420,
      headers: [["Unsupported", "path"]],
    });
    const taken = decide({ path, firstHop: false }, [], { policy: { acceptsUnannouncedPath: true } });
    expect(taken.kind).toBe("accepted");
  });
});

describe("GEN-27, SC-15 outbound (RFC 5626 §6)", () => {
  const contact = `<sip:alice@192.0.2.1:40000;transport=tcp>;reg-id=1;${instance}`;

  it("binds instance and reg-id: another contact URI replaces the first", () => {
    const first = bound({ ...outbound, contacts: [contact] });
    const moved = contact.replace("40000", "40001");
    const second = bound({ ...outbound, contacts: [moved], callId: "new", flowId: "flow-2" }, first);
    expect(second).toHaveLength(1);
    expect(second[0]).toMatchObject({
      contact: "sip:alice@192.0.2.1:40001;transport=tcp",
      flowId: "flow-2",
      regId: 1,
    });
  });

  it("keeps one binding for each reg-id", () => {
    const first = bound({ ...outbound, contacts: [contact] });
    expect(
      bound({ ...outbound, contacts: [contact.replace("reg-id=1", "reg-id=2")], callId: "b" }, first),
    ).toHaveLength(2);
  });

  it("says that outbound was applied only to who supports it", () => {
    expect(decide({ ...outbound, contacts: [contact] })).toMatchObject({ isOutbound: true });
    expect(decide({ ...outbound, supported: [], contacts: [contact] })).toMatchObject({ isOutbound: false });
  });

  it("MUST answer 439 when the first hop is another's and lacks outbound", () => {
    const through = { ...outbound, contacts: [contact], firstHop: false };
    expect(decide(through)).toMatchObject({ status: 439, reason: "First Hop Lacks Outbound Support" });
    expect(decide({ ...through, path: ["<sip:edge.example;lr>"] })).toMatchObject({ status: 439 });
    expect(decide({ ...through, path: ["<sip:token@edge.example;lr;ob>"] })).toMatchObject({
      isOutbound: true,
    });
  });

  it("MUST ignore reg-id there when the device does not support outbound", () => {
    const [binding] = bound({ contacts: [contact], firstHop: false });
    expect(binding?.regId).toBeUndefined();
  });

  it("ignores a reg-id without an instance", () => {
    const decision = decide({ ...outbound, contacts: ["<sip:alice@192.0.2.1:40000>;reg-id=1"] });
    expect(decision).toMatchObject({ kind: "accepted", isOutbound: false });
    expect(decision.kind === "accepted" && decision.bindings[0]?.regId).toBeUndefined();
  });

  it("SHOULD answer 400 to several live contacts with a reg-id among them", () => {
    expect(decide({ ...outbound, contacts: [contact, phone] })).toMatchObject({ status: 400 });
    expect(decide({ ...outbound, contacts: [contact, `${phone};expires=0`] }).kind).toBe("accepted");
  });

  it("removes a flow by its contact URI too", () => {
    const first = bound({ ...outbound, contacts: [contact] });
    const gone = bound(
      { contacts: ["<sip:alice@192.0.2.1:40000;transport=tcp>"], expires: "0", cseq: 2 },
      first,
    );
    expect(gone).toEqual([]);
  });
});

describe("SC-14, GEN-29 GRUU: what may be registered (RFC 5627 §5.1)", () => {
  it.each([
    ["the address of record itself", `<${alice}>;${instance}`],
    ["a public GRUU of it", `<${alice};gr=urn:uuid:1>;${instance}`],
    ["a temporary GRUU", `<sip:tgruu.abc@a.example;gr>;${instance}`],
    ["what is not a SIP URI", `<mailto:alice@a.example>;${instance}`],
  ])("MUST answer 403 to %s", (_, contact) => {
    expect(decide({ contacts: [contact] })).toMatchObject({ kind: "refused", status: 403 });
  });

  it("does not look at contacts without an instance, or that are removed", () => {
    expect(decide({ contacts: ["<mailto:alice@a.example>"] }).kind).toBe("accepted");
    expect(decide({ contacts: [`<${alice}>;${instance}`], expires: "0" }).kind).toBe("accepted");
  });

  it("ignores pub-gruu and temp-gruu that a device sends", () => {
    const contact = `${phone};${instance};pub-gruu="sip:x@y";temp-gruu="sip:z@y"`;
    expect(bound({ contacts: [contact] })[0]?.params).toEqual([]);
  });

  it("dates the temporary GRUUs of an instance from its first registration under one Call-ID", () => {
    const contact = `${phone};${instance}`;
    const first = bound({ contacts: [contact] });
    const refreshed = bound({ contacts: [contact], cseq: 2 }, first, { nowMs: nowMs + 1_000 });
    expect(refreshed[0]?.instanceSinceMs).toBe(nowMs);
    const restarted = bound({ contacts: [contact], callId: "new" }, refreshed, { nowMs: nowMs + 2_000 });
    expect(restarted[0]?.instanceSinceMs).toBe(nowMs + 2_000);
  });

  it("voids them for every flow of the instance when one flow changes its Call-ID", () => {
    const flow = (regId: number) => ({
      ...outbound,
      contacts: [`<sip:alice@192.0.2.1:4000${regId}>;${instance};reg-id=${regId}`],
    });
    const first = bound({ ...flow(1), callId: "one" });
    const both = bound({ ...flow(2), callId: "two" }, first, { nowMs: nowMs + 1_000 });
    expect(both.map(({ instanceSinceMs }) => instanceSinceMs)).toEqual([nowMs, nowMs]);
    const changed = bound({ ...flow(2), callId: "three" }, both, { nowMs: nowMs + 2_000 });
    expect(changed.map(({ instanceSinceMs }) => instanceSinceMs)).toEqual([nowMs + 2_000, nowMs + 2_000]);
  });
});

describe("a device is reached over the flow of its REGISTER", () => {
  it.each([
    ["not over UDP when the contact is where it came from", {}, undefined],
    [
      "over UDP when the contact names another port (NAT)",
      { source: { address: "192.0.2.1", port: 6000 } },
      "flow-1",
    ],
    [
      "over UDP when the contact names another address (NAT)",
      { source: { address: "198.51.100.7", port: 5062 } },
      "flow-1",
    ],
    ["over TCP", { transport: "tcp" as const }, "flow-1"],
    ["over TLS", { transport: "tls" as const }, "flow-1"],
    [
      "over WebSocket",
      { transport: "ws" as const, contacts: ["<sip:alice@x7.invalid;transport=ws>"] },
      "flow-1",
    ],
    ["over WebSocket and TLS", { transport: "wss" as const }, "flow-1"],
    ["not when somebody stands between", { firstHop: false, transport: "tcp" as const }, undefined],
    [
      "not when a contact at the address that was seen asks for TCP",
      { contacts: ["<sip:alice@192.0.2.1:5062;transport=tcp>"] },
      undefined,
    ],
    [
      "over UDP with outbound",
      { contacts: [`${phone};reg-id=1;${instance}`], supported: ["outbound"] },
      "flow-1",
    ],
  ])("%s", (_, request, flowId) => {
    expect(bound(request)[0]?.flowId).toBe(flowId);
  });
});

describe("third-party REGISTER from a trusted core (SC-05)", () => {
  const core = {
    asserted: "core" as const,
    contacts: ["<sip:scscf.core.example;lr>"],
    transport: "tcp" as const,
  };

  it("binds the core, without a flow, and Expires: 0 takes it away", () => {
    const first = bound(core);
    expect(first).toMatchObject([{ kind: "core", contact: "sip:scscf.core.example;lr" }]);
    expect(first[0]?.flowId).toBeUndefined();
    expect(bound({ ...core, cseq: 2, expires: "0" }, first)).toEqual([]);
  });
});
