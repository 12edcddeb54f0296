import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { sipCore } from "@heliograph/contracts";
import { alice, registration } from "./given-registration.js";
import { answer, type Given, headersOf, login, startService } from "./given-service.js";

let given: Given;

beforeAll(async () => {
  given = await startService({ SERVICE_ROUTE: "sip:orig@edge.a.example;transport=tcp" });
  const { bus } = given;
  await bus.request(sipCore.addDomain, {}, { name: "a.example", aliases: ["alias.example"] });
  await bus.request(sipCore.addDomain, {}, { name: "b.example", aliases: [] });
  for (const aor of [alice, "sip:bob@a.example", "sip:alice@b.example"]) {
    await bus.request(sipCore.addSubscriber, {}, { aor, password: "wonderland", display: "Alice" });
  }
});

afterAll(() => given.stop());

beforeEach(async () => {
  await given.state.registrations.change(alice, () => ({ bindings: [], reply: 0 }));
  given.available.length = 0;
  given.removed.length = 0;
});

describe("PF-11 who ends sessions hears of registrations that are removed", () => {
  const phone = "<sip:alice@192.0.2.1:5062>";
  const desk = '<sip:alice@192.0.2.9>;+sip.instance="<urn:uuid:desk>"';
  const told = (...removed: sipCore.RemovedBinding[]) => [{ aor: alice, removed, isUserRemoved: false }];
  const both = async () => {
    await login(given, { contacts: [phone] });
    await login(given, { contacts: [desk], callId: "desk" });
  };

  it("one of several, by its contact and its instance", async () => {
    await both();
    expect(given.removed).toEqual([]);
    await login(given, { contacts: [`${desk};expires=0`], callId: "desk", cseq: 9 });
    expect(given.removed).toEqual(told({ contact: "sip:alice@192.0.2.9", instance: "<urn:uuid:desk>" }));
  });

  it("GEN-22 all of them, by *", async () => {
    await both();
    await login(given, { contacts: ["*"], expires: "0", callId: "star" });
    expect(given.removed).toEqual(
      told(
        { contact: "sip:alice@192.0.2.1:5062" },
        { contact: "sip:alice@192.0.2.9", instance: "<urn:uuid:desk>" },
      ),
    );
  });

  it("R-participating-21 not of one that moves, is refreshed, or whose flow closed", async () => {
    await both();
    await login(given, { contacts: [`${phone};expires=0`, "<sip:alice@192.0.2.7>"], cseq: 9 });
    await login(given, { contacts: [desk], callId: "desk", cseq: 10 });
    await given.bus.request(sipCore.closeFlow, {}, { node: "n1", flowId: "f1", aors: [alice] });
    await login(given, { contacts: ["<sip:nobody@192.0.2.3>;expires=0"], callId: "nobody" });
    expect(given.removed).toEqual([]);
  });
});

function register(differs: Partial<sipCore.Registration> = {}) {
  return given.bus.request(sipCore.register, {}, registration(differs));
}

async function challenges(): Promise<string[]> {
  const reply = await register();
  return reply.kind === "challenge" ? reply.challenges : [];
}

describe("RFC 3261 §10.3 a registration from challenge to 200 (SC-01, SC-02)", () => {
  it("binds the contact, lists it with expires, and tells that the user is available", async () => {
    const reply = await login(given);
    expect(reply).toMatchObject({ kind: "registered", identity: { aor: alice, uris: [alice] } });
    expect(headersOf(reply, "Contact")).toEqual(["<sip:alice@192.0.2.1:5062>;expires=3600"]);
    expect(headersOf(reply, "Date")[0]).toMatch(/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/);
    expect(await given.state.registrations.bindingsOf(alice)).toHaveLength(1);
    expect(given.available).toEqual([alice]);
  });

  it("says when the bindings of the flow end", async () => {
    const expiresAtMs = given.clock.nowMs() + 600_000;
    expect(await login(given, { expires: "600" })).toMatchObject({ expiresAtMs });
    const gone = await login(given, { expires: "0", cseq: 3 });
    expect(gone.kind === "registered" && gone.expiresAtMs).toBeUndefined();
  });

  it("lists every binding of the user, whatever it was asked to change, without telling on a query", async () => {
    await login(given, { contacts: ['<sip:alice@192.0.2.1:5062>;q=0.5;+g.oma.sip-im;methods="MESSAGE"'] });
    await login(given, { contacts: ["<sip:alice@192.0.2.9>"], callId: "other" });
    given.available.length = 0;
    given.clock.advance(1_000);
    const reply = await login(given, { contacts: [], callId: "query" });
    expect(headersOf(reply, "Contact")).toEqual([
      '<sip:alice@192.0.2.1:5062>;q=0.5;+g.oma.sip-im;methods="MESSAGE";expires=3599',
      "<sip:alice@192.0.2.9>;expires=3599",
    ]);
    expect(given.available).toEqual([]);
  });

  it("GEN-21 finds the same user under an alias and with a port", async () => {
    const reply = await login(given, {
      requestUri: "sip:alias.example:5070;transport=tcp",
      to: "Alice <sip:%61lice@ALIAS.example:5070;user=phone>",
    });
    expect(reply).toMatchObject({ kind: "registered", identity: { aor: alice } });
  });

  it.each([
    ["404 to a domain that is not ours", { requestUri: "sip:elsewhere.example" }, 404],
    ["416 to another scheme", { requestUri: "tel:+1555" }, 416],
    ["400 to a Request-URI that cannot be read", { requestUri: "sip:" }, 400],
    [
      "420 to an extension that is required and not known, before asking who it is",
      { require: ["path", "nonsense"] },
      420,
    ],
  ])("answers %s", async (_, request, status) => {
    const reply = await register(request);
    expect(reply).toMatchObject({ kind: "refused", status });
    expect(headersOf(reply, "Unsupported")).toEqual(status === 420 ? ["nonsense"] : []);
  });

  it.each([
    "sip:bob@a.example",
    "sip:nobody@a.example",
    "sip:alice@b.example",
    "sip:alice@elsewhere.example",
  ])("MUST answer 403 to Alice registering %s", async (to) => {
    expect(await login(given, { to: `<${to}>` })).toMatchObject({ kind: "refused", status: 403 });
  });

  it("changes nothing when a contact in the middle is refused (GEN-22)", async () => {
    await login(given);
    const reply = await login(given, {
      contacts: ["<sip:alice@192.0.2.3>", "<sip:alice@192.0.2.1:5062>"],
      cseq: 1,
    });
    expect(reply).toMatchObject({ kind: "refused", status: 500 });
    expect(await given.state.registrations.bindingsOf(alice)).toHaveLength(1);
  });
});

describe("the headers of a 200 to REGISTER", () => {
  it("GEN-26 has Service-Route with lr and P-Associated-URI, on a query too", async () => {
    for (const contacts of [["<sip:alice@192.0.2.1:5062>"], []]) {
      const reply = await login(given, { contacts });
      expect(headersOf(reply, "Service-Route")).toEqual(["<sip:orig@edge.a.example;transport=tcp;lr>"]);
      expect(headersOf(reply, "P-Associated-URI")).toEqual([`<${alice}>`]);
    }
  });

  it("GEN-25 echoes Path in order", async () => {
    const path = ["<sip:p1.example;lr>", "<sip:p2.example;lr>"];
    expect(headersOf(await login(given, { path, supported: ["path"] }), "Path")).toEqual(path);
  });

  it("GEN-27 requires outbound if and only if it was applied, with Flow-Timer", async () => {
    const contacts = ['<sip:alice@192.0.2.1:5062>;reg-id=1;+sip.instance="<urn:uuid:1>"'];
    const applied = await login(given, { contacts, supported: ["path", "outbound"] });
    expect(headersOf(applied, "Require")).toEqual(["outbound"]);
    expect(headersOf(applied, "Flow-Timer")).toEqual(["120"]);
    expect(headersOf(applied, "Contact")[0]).toContain(';+sip.instance="<urn:uuid:1>";reg-id=1;');
    const plain = await login(given, { cseq: 5, supported: ["path", "outbound"] });
    expect([...headersOf(plain, "Require"), ...headersOf(plain, "Flow-Timer")]).toEqual([]);
  });

  it("GEN-29 has a public and a new temporary GRUU for who supports gruu, and gruu in no option list", async () => {
    const contacts = ['<sip:alice@192.0.2.1:5062>;+sip.instance="<urn:uuid:1>"'];
    const [first = ""] = headersOf(await login(given, { contacts, supported: ["gruu"] }), "Contact");
    expect(first).toContain(`;pub-gruu="${alice};gr=urn:uuid:1"`);
    const again = await login(given, { contacts, supported: ["gruu"], cseq: 2 });
    const temporary = (text: string) => /temp-gruu="(sip:tgruu\.[\w-]+@a\.example;gr)"/.exec(text)?.[1];
    expect(temporary(first)).toBeDefined();
    expect(temporary(headersOf(again, "Contact")[0] ?? "")).not.toBe(temporary(first));
    expect(headersOf(again, "Supported")).toEqual(["path, outbound"]);
    const without = await login(given, { contacts, cseq: 3 });
    expect(headersOf(without, "Contact")[0]).not.toContain("gruu");
  });
});

describe("SC-14 a temporary GRUU leads to its user", () => {
  const contacts = ['<sip:alice@192.0.2.1:5062>;+sip.instance="<urn:uuid:1>"'];
  const lookUp = (aor: string) => given.bus.request(sipCore.lookUpProfile, {}, { aor });

  async function temporaryGruu(differs: Partial<sipCore.Registration> = {}): Promise<string> {
    const reply = await login(given, { contacts, supported: ["gruu"], ...differs });
    return /temp-gruu="([^"]+)"/.exec(headersOf(reply, "Contact")[0] ?? "")?.[1] ?? "";
  }

  it("and names the one device that is meant, with every older one of the registration", async () => {
    const first = await temporaryGruu();
    given.clock.advance(10);
    const second = await temporaryGruu({ cseq: 2 });
    for (const gruu of [first, second]) {
      expect(await lookUp(gruu)).toMatchObject({
        kind: "subscriber",
        profile: { aor: alice },
        instance: "<urn:uuid:1>",
      });
    }
  });

  it("until the Call-ID changes", async () => {
    const old = await temporaryGruu();
    given.clock.advance(10);
    const young = await temporaryGruu({ callId: "after a restart" });
    expect(await lookUp(old)).toEqual({ kind: "unknown-user" });
    expect(await lookUp(young)).toMatchObject({ kind: "subscriber" });
  });

  it("or the last contact of the instance goes, for good", async () => {
    const gruu = await temporaryGruu();
    await login(given, { contacts, cseq: 2, expires: "0" });
    expect(await lookUp(gruu)).toEqual({ kind: "unknown-user" });
    given.clock.advance(10);
    await temporaryGruu({ cseq: 3 });
    expect(await lookUp(gruu)).toEqual({ kind: "unknown-user" });
  });

  it("unless somebody has changed a character of it", async () => {
    const gruu = await temporaryGruu();
    expect(
      await lookUp(gruu.replace(/tgruu\.(.)/, (_, first) => `tgruu.${first === "A" ? "B" : "A"}`)),
    ).toEqual({
      kind: "unknown-user",
    });
    expect(await lookUp("sip:tgruu.x@a.example")).toEqual({ kind: "unknown-user" });
  });
});

describe("GEN-31, GEN-32, GEN-33 digest (RFC 7616, RFC 8760)", () => {
  it("challenges with one value for each algorithm, strongest first, with qop", async () => {
    const offered = await challenges();
    expect(offered.map((value) => /algorithm=([\w-]+)/.exec(value)?.[1])).toEqual([
      "SHA-512-256",
      "SHA-256",
      "MD5",
    ]);
    for (const value of offered) {
      expect(value).toMatch(/^Digest /);
      expect(value).toContain('realm="a.example"');
      expect(value).toMatch(/qop="auth"/);
      expect(value).not.toMatch(/stale=true/i);
    }
  });

  it.each([0, 1, 2])("accepts the answer to challenge %i", async (index) => {
    const challenge = (await challenges())[index] ?? "";
    expect(await register({ authorization: [answer(challenge)] })).toMatchObject({ kind: "registered" });
  });

  it("takes no algorithm for MD5", async () => {
    const challenge = (await challenges())[2] ?? "";
    const authorization = [answer(challenge).replace(", algorithm=MD5", "")];
    expect(await register({ authorization })).toMatchObject({ kind: "registered" });
  });

  it("takes the address as a username too", async () => {
    expect(await login(given, {}, { username: "alice@a.example" })).toMatchObject({ kind: "registered" });
  });

  it.each([
    ["no Authorization", []],
    ["an empty one", [""]],
    [
      "one that only says who will answer",
      ['Digest username="alice", realm="a.example", nonce="", uri="sip:a.example", response=""'],
    ],
    ["one without parameters", ["Digest"]],
    ["Basic", ["Basic YWxpY2U6d29uZGVybGFuZA=="]],
    ["one that cannot be read", ["Digest username="]],
  ])("answers %s with a challenge", async (_, authorization) => {
    expect(await register({ authorization })).toMatchObject({ kind: "challenge" });
  });

  it.each([
    ["another password", { password: "looking-glass" }],
    ["a user who does not exist", { username: "nobody" }],
    ["a user of another domain", { username: "alice@b.example" }],
    ["a name that nobody can have", { username: "a b\u0000@" }],
    ["another method's digest", { method: "MESSAGE" }],
    ["a nonce of its own", { nonce: "loh0wxs0.abcdefgh.0000000000000000000000" }],
    ["an algorithm that was not offered", { algorithm: "SHA-1" }],
  ])("answers %s with the same new challenge, not stale", async (_, credentials) => {
    const reply = await login(given, {}, credentials);
    expect(reply.kind).toBe("challenge");
    if (reply.kind === "challenge") {
      expect(reply.challenges).toHaveLength(3);
      expect(reply.challenges.join()).not.toMatch(/stale=true/i);
    }
  });

  it("does not consume credentials for another realm", async () => {
    const [, challenge = ""] = await challenges();
    const foreign =
      'Digest username="alice", realm="elsewhere.example", nonce="n", uri="sip:x", response="0"';
    expect(await register({ authorization: [foreign, answer(challenge)] })).toMatchObject({
      kind: "registered",
    });
    expect(await register({ authorization: [foreign] })).toMatchObject({ kind: "challenge" });
  });

  it.each([
    ["no qop", { qop: undefined }],
    ["an nc that is no hex number", { nc: "1" }],
    ["no cnonce", { cnonce: undefined }],
    ["no uri", { uri: undefined }],
  ])("answers 400 to %s", async (_, credentials) => {
    expect(await login(given, {}, credentials)).toMatchObject({ kind: "refused", status: 400 });
  });

  it("takes a nonce count once: a replay is asked for a new nonce", async () => {
    const [, challenge = ""] = await challenges();
    const authorization = [answer(challenge)];
    expect(await register({ authorization })).toMatchObject({ kind: "registered" });
    const replay = await register({ authorization, cseq: 2 });
    expect(replay.kind === "challenge" && replay.challenges[0]).toMatch(/stale=true/);
    const next = await register({ authorization: [answer(challenge, { nc: "00000002" })], cseq: 3 });
    expect(next).toMatchObject({ kind: "registered" });
  });

  it("calls a nonce stale only when its digest is right", async () => {
    const [, challenge = ""] = await challenges();
    given.clock.advance(300_001);
    const right = await register({ authorization: [answer(challenge)] });
    expect(right.kind === "challenge" && right.challenges[0]).toMatch(/stale=true/);
    const wrong = await register({ authorization: [answer(challenge, { password: "no" })] });
    expect(wrong.kind === "challenge" && wrong.challenges.join()).not.toMatch(/stale=true/);
  });

  it("MUST NOT accept a barred user: 403, and only to who knows the password", async () => {
    await given.database.query(
      "UPDATE sip_core.subscribers SET is_barred = true WHERE aor = 'sip:bob@a.example'",
    );
    const to = "<sip:bob@a.example>";
    expect(await login(given, { to }, { username: "bob" })).toMatchObject({ kind: "refused", status: 403 });
    expect(await login(given, { to }, { username: "bob", password: "no" })).toMatchObject({
      kind: "challenge",
    });
  });
});

describe("SC-05, SC-11 third-party REGISTER from a trusted core", () => {
  const core = {
    asserted: "core" as const,
    from: "<sip:scscf.core.example>;tag=7",
    contacts: ["<sip:scscf.core.example;lr>"],
    firstHop: false,
  };

  it("is not challenged, binds the core, and takes it away with Expires: 0", async () => {
    expect(await register(core)).toMatchObject({ kind: "registered", identity: { aor: alice } });
    expect(await given.state.registrations.bindingsOf(alice)).toMatchObject([{ kind: "core" }]);
    expect(given.available).toEqual([alice]);
    expect(await register({ ...core, cseq: 2, expires: "0" })).toMatchObject({ kind: "registered" });
    expect(await given.state.registrations.bindingsOf(alice)).toEqual([]);
  });

  it.each(["sip:nobody@a.example", "sip:alice@b.example", "sip:alice@elsewhere.example"])(
    "answers 404 to %s, who is nobody of this domain",
    async (to) => {
      expect(await register({ ...core, to: `<${to}>` })).toMatchObject({ kind: "refused", status: 404 });
    },
  );
});

describe("GEN-30 a flow that closes", () => {
  it("takes its bindings along", async () => {
    await login(given, { transport: "tcp" });
    await given.bus.request(sipCore.closeFlow, {}, { node: "edge1", flowId: "flow-1", aors: [alice] });
    expect(await given.state.registrations.bindingsOf(alice)).toEqual([]);
    expect(given.metrics.text()).toContain("heliograph_flow_closed_bindings_total 1");
  });
});

describe("authentication of other requests (GEN-31, SC-02)", () => {
  const ask = (credentials: string[], domain = "a.example") =>
    given.bus.request(sipCore.authenticate, {}, { method: "MESSAGE", domain, credentials });

  it("challenges, then names the user", async () => {
    const first = await ask([], "ALIAS.example");
    expect(first).toMatchObject({ kind: "challenge" });
    const [challenge = ""] = first.kind === "challenge" ? first.challenges : [];
    const reply = await ask([answer(challenge, { method: "MESSAGE", uri: "sip:bob@elsewhere.example" })]);
    expect(reply).toEqual({ kind: "authenticated", identity: { aor: alice, uris: [alice] } });
  });

  it("answers 404 for a domain that is not ours", async () => {
    expect(await ask([], "elsewhere.example")).toMatchObject({ kind: "refused", status: 404 });
  });
});
