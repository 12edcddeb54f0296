import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sipCore } from "@heliograph/contracts";
import { binding } from "./given-binding.js";
import { type Given, login, startService } from "./given-service.js";

let given: Given;

beforeAll(async () => {
  given = await startService();
});

afterAll(() => given.stop());

const addDomain = (name: string, ...aliases: string[]) =>
  given.bus.request(sipCore.addDomain, {}, { name, aliases });
const removeDomain = (name: string) => given.bus.request(sipCore.removeDomain, {}, { name });
const add = (aor: string, password = "wonderland") =>
  given.bus.request(sipCore.addSubscriber, {}, { aor, password });
const remove = (aor: string) => given.bus.request(sipCore.removeSubscriber, {}, { aor });
const lookUp = (aor: string) => given.bus.request(sipCore.lookUpProfile, {}, { aor });

describe("domains (several on one deployment)", () => {
  it("are added once, with their aliases, and listed", async () => {
    expect(await addDomain("A.Example", "www.a.example", "192.0.2.1", "[2001:db8::1]")).toEqual({
      kind: "done",
    });
    expect(await addDomain("b.example")).toEqual({ kind: "done" });
    const { domains } = await given.bus.request(sipCore.listDomains, {}, {});
    expect(domains).toEqual([
      { name: "a.example", aliases: ["192.0.2.1", "[2001:db8::1]", "www.a.example"] },
      { name: "b.example", aliases: [] },
    ]);
  });

  it.each([["a.example"], ["www.a.example"], ["c.example", "b.example"]])(
    "are a conflict when %s is taken",
    async (...names) => {
      const [name = "", ...aliases] = names;
      expect(await addDomain(name, ...aliases)).toMatchObject({ kind: "conflict" });
    },
  );

  it.each([["not a host"], ["a.example:5060"], [""], ["user@a.example"], ["c.example", "c.example"]])(
    "are invalid as %j",
    async (...names) => {
      const [name = "", ...aliases] = names;
      expect(await addDomain(name, ...aliases)).toMatchObject({ kind: "invalid" });
    },
  );

  it("are removed when nobody is in them", async () => {
    await addDomain("d.example", "e.example");
    await add("sip:dave@d.example");
    expect(await removeDomain("d.example")).toMatchObject({ kind: "conflict" });
    await remove("sip:dave@e.example");
    expect(await removeDomain("D.example")).toEqual({ kind: "done" });
    expect(await removeDomain("d.example")).toMatchObject({ kind: "not-found" });
    expect(await lookUp("sip:dave@e.example")).toEqual({ kind: "foreign-domain" });
  });
});

describe("subscribers", () => {
  it("are added under their canonical address, once", async () => {
    expect(await add("sip:%61lice@WWW.a.example:5070;user=phone")).toEqual({ kind: "done" });
    expect(await add("sip:alice@a.example")).toMatchObject({ kind: "conflict" });
  });

  it("are known at once although somebody had asked in vain before", async () => {
    expect(await lookUp("sip:late@a.example")).toEqual({ kind: "unknown-user" });
    await add("sip:late@a.example");
    expect(await lookUp("sip:late@a.example")).toMatchObject({ kind: "subscriber" });
  });

  it.each([
    ["sip:a.example", "pw", "invalid"],
    ["sip:x@elsewhere.example", "pw", "not-found"],
    ["tel:+15551234", "pw", "invalid"],
    ["nonsense", "pw", "invalid"],
    ["sip:tgruu.x@a.example", "pw", "invalid"],
    ["sip:x@a.example", "", "invalid"],
    [`sip:${"x".repeat(300)}@a.example`, "pw", "invalid"],
  ])("are refused as %s with password %j: %s", async (aor, password, kind) => {
    expect(await add(aor, password)).toMatchObject({ kind });
  });

  it("SC-02 leave no password in the database, only H(username:realm:password) of three algorithms", async () => {
    await add("sip:carol@a.example", "a-password-to-look-for");
    const [row] = await given.database.query<{ readonly text: string }>(
      "SELECT s::text AS text FROM sip_core.subscribers s WHERE aor = 'sip:carol@a.example'",
    );
    expect(row?.text).not.toContain("a-password-to-look-for");
    for (const algorithm of ["SHA-512-256", "SHA-256", "MD5"])
      expect(row?.text).toContain(`${algorithm} user `);
  });

  it("have a profile that allows everything until somebody says otherwise (PF-20)", async () => {
    expect(await lookUp("im:alice@www.a.example")).toEqual({
      kind: "subscriber",
      profile: {
        aor: "sip:alice@a.example",
        isBarred: false,
        services: ["pager", "large-message", "session", "conference", "file-transfer"],
        disabled: [],
        whenOffline: "defer",
        whenOnline: "deliver",
        allowsAnonymous: true,
      },
    });
    expect(await lookUp("sip:nobody@a.example")).toEqual({ kind: "unknown-user" });
    expect(await lookUp("sip:alice@elsewhere.example")).toEqual({ kind: "foreign-domain" });
  });

  it("PF-07 have sessions answered for them once that is said, and no longer once it is taken back", async () => {
    await add("sip:auto@a.example");
    const change = (autoAcceptsSessions: boolean, aor = "sip:%61uto@WWW.a.example") =>
      given.bus.request(sipCore.changeSubscriber, {}, { aor, autoAcceptsSessions });
    expect(await lookUp("sip:auto@a.example")).not.toMatchObject({ profile: { autoAcceptsSessions: true } });
    expect(await change(true)).toEqual({ kind: "done" });
    expect(await lookUp("sip:auto@a.example")).toMatchObject({ profile: { autoAcceptsSessions: true } });
    await given.bus.request(sipCore.changeSubscriber, {}, { aor: "sip:auto@a.example" });
    const page = { domain: "a.example", after: "sip:aut", limit: 1 };
    expect((await given.bus.request(sipCore.listSubscribers, {}, page)).subscribers).toEqual([
      { aor: "sip:auto@a.example", isBarred: false, autoAcceptsSessions: true, bindings: 0 },
    ]);
    await change(false);
    expect(await lookUp("sip:auto@a.example")).not.toMatchObject({ profile: { autoAcceptsSessions: true } });
    expect(await change(true, "sip:nobody@a.example")).toMatchObject({ kind: "not-found" });
    expect(await change(true, "sip:x@elsewhere.example")).toMatchObject({ kind: "not-found" });
  });

  it("log in with characters that a URI escapes", async () => {
    await add("sip:j%C3%BCrgen%40home@a.example");
    const to = "<sip:j%c3%bcrgen%40home@a.example>";
    expect(await login(given, { to }, { username: "jürgen@home@a.example" })).toMatchObject({
      kind: "registered",
    });
  });

  it("are listed a page at a time, by address, with how many devices they have", async () => {
    for (const user of ["p1", "p2", "p3"]) await add(`sip:${user}@b.example`);
    await given.state.registrations.change("sip:p2@b.example", () => ({ bindings: [binding()], reply: 0 }));
    const page = (after?: string) =>
      given.bus.request(
        sipCore.listSubscribers,
        {},
        { domain: "B.example", limit: 2, ...(after === undefined ? {} : { after }) },
      );
    const first = await page();
    expect(first.subscribers).toEqual([
      { aor: "sip:p1@b.example", isBarred: false, bindings: 0 },
      { aor: "sip:p2@b.example", isBarred: false, bindings: 1 },
    ]);
    expect((await page("sip:p2@b.example")).subscribers.map(({ aor }) => aor)).toEqual(["sip:p3@b.example"]);
  });

  it("lose their bindings and their login when they are removed", async () => {
    await add("sip:mallory@a.example");
    const credentials = { username: "mallory" };
    const request = { to: "<sip:mallory@a.example>" };
    expect(await login(given, request, credentials)).toMatchObject({ kind: "registered" });
    expect(await remove("sip:mallory@www.a.example")).toEqual({ kind: "done" });
    expect(await given.state.registrations.bindingsOf("sip:mallory@a.example")).toEqual([]);
    expect(await login(given, request, credentials)).toMatchObject({ kind: "challenge" });
    expect(await remove("sip:mallory@a.example")).toMatchObject({ kind: "not-found" });
  });

  it("are counted", async () => {
    const status = await given.bus.request(sipCore.reportStatus, {}, {});
    expect(status).toMatchObject({ domains: 2 });
    expect(status.subscribers).toBeGreaterThanOrEqual(6);
    expect(status.registeredUsers).toBeGreaterThanOrEqual(1);
  });
});
