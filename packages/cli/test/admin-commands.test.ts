import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { freePort } from "@heliograph/testkit";
import { run, ScriptedApi } from "./given-terminal.js";

let api: ScriptedApi;
beforeAll(async () => {
  api = await ScriptedApi.start();
});
afterAll(() => api.stop());

const dave = "sip:dave@example.org";

describe("heliograph user add", () => {
  it("takes the password that is given, and shows it to nobody", async () => {
    api.answers(201);
    const args = ["user", "add", dave, "--password", "secret", "--name", "Dave"];
    const { out, failed } = await run(args, { env: api.env });
    expect(failed).toBeUndefined();
    expect(out).toBe(`${dave} is added\n`);
    expect(api.asked.at(-1)).toEqual({
      method: "POST",
      url: "/v1/subscribers",
      authorization: "Bearer the-key",
      body: { aor: dave, password: "secret", display: "Dave" },
    });
  });

  it("asks for a password, or takes that of the environment", async () => {
    await run(["user", "add", dave], { env: api.env, answer: "typed" });
    expect(api.asked.at(-1)?.body).toEqual({ aor: dave, password: "typed" });
    await run(["user", "add", dave], { env: { ...api.env, HELIOGRAPH_NEW_PASSWORD: "set" } });
    expect(api.asked.at(-1)?.body).toEqual({ aor: dave, password: "set" });
  });

  it.each<[string, { readonly answer?: string }]>([
    ["the person presses return", { answer: "" }],
    ["nobody is there to ask", {}],
  ])("makes one that is hard to guess and shows it once when %s", async (_, situation) => {
    const { out } = await run(["user", "add", dave], { env: api.env, ...situation });
    const password = /with the password ([\w-]{16})\n/.exec(out)?.[1];
    expect(password).toBeDefined();
    expect(api.asked.at(-1)?.body).toEqual({ aor: dave, password });
    const again = await run(["user", "add", dave], { env: api.env, ...situation });
    expect(again.out).not.toContain(password ?? "");
  });

  it("says why not, in the words of the service", async () => {
    api.answers(409, { title: "Conflict", detail: `${dave} is there already` });
    expect((await run(["user", "add", dave, "--password", "x"], { env: api.env })).failed).toBe(
      `${dave} is there already`,
    );
  });
});

describe("heliograph user set", () => {
  it.each([
    ["on", true, "answered at once"],
    ["off", false, "left to its devices"],
  ])("PF-07 --auto-accept %s", async (auto, autoAcceptsSessions, said) => {
    api.answers(204);
    const { out, failed } = await run(["user", "set", dave, "--auto-accept", auto], { env: api.env });
    expect(failed).toBeUndefined();
    expect(out).toBe(`sessions for ${dave} are ${said}\n`);
    expect(api.asked.at(-1)).toMatchObject({
      method: "PATCH",
      url: "/v1/subscribers/sip%3Adave%40example.org",
      body: { autoAcceptsSessions },
    });
  });
});

describe("heliograph user list and remove", () => {
  it("shows who is there, page by page", async () => {
    const page = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({
        aor: `sip:u${String(from + index).padStart(3, "0")}@example.org`,
        isBarred: false,
        bindings: 0,
      }));
    api.script(({ url }) => [
      200,
      JSON.stringify({ subscribers: url?.includes("after=") ? page(200, 1) : page(0, 200) }),
    ]);
    const { out } = await run(["user", "list", "--domain", "example.org"], { env: api.env });
    expect(out.split("\n")).toHaveLength(202);
    expect(api.asked.at(-1)?.url).toBe(
      "/v1/subscribers?limit=200&domain=example.org&after=sip%3Au199%40example.org",
    );
  });

  it("tells devices, names and who is barred", async () => {
    api.answers(200, {
      subscribers: [{ aor: dave, display: "Dave", isBarred: true, bindings: 2 }],
    });
    const { out } = await run(["user", "list"], { env: api.env });
    expect(out).toMatch(/^sip:dave@example\.org +2 devices {2}Dave {2}barred\n$/);
  });

  it("gives scripts one JSON object a line, and nothing where there is nobody", async () => {
    const row = { aor: dave, isBarred: false, bindings: 0 };
    api.answers(200, { subscribers: [row, row] });
    const list = () => run(["user", "list", "--json"], { env: api.env });
    expect((await list()).out).toBe(`${JSON.stringify(row)}\n${JSON.stringify(row)}\n`);
    api.answers(200, { subscribers: [] });
    expect((await list()).out).toBe("");
  });

  it("says how to begin when nobody is there", async () => {
    api.answers(200, { subscribers: [] });
    expect((await run(["user", "list"], { env: api.env })).out).toContain("heliograph user add");
  });

  it("removes", async () => {
    api.answers(204);
    expect((await run(["user", "remove", dave], { env: api.env })).out).toBe(`${dave} is removed\n`);
    expect(api.asked.at(-1)).toMatchObject({
      method: "DELETE",
      url: "/v1/subscribers/sip%3Adave%40example.org",
    });
  });
});

describe("heliograph domain", () => {
  it("adds, lists and removes", async () => {
    api.answers(201);
    expect((await run(["domain", "add", "example.org", "example.net"], { env: api.env })).out).toBe(
      "example.org is served\n",
    );
    expect(api.asked.at(-1)?.body).toEqual({ name: "example.org", aliases: ["example.net"] });
    api.answers(200, { domains: [{ name: "example.org", aliases: ["example.net"] }] });
    expect((await run(["domain", "list"], { env: api.env })).out).toBe("example.org  also example.net\n");
    const json = await run(["domain", "list", "--json"], { env: api.env });
    expect(JSON.parse(json.out)).toMatchObject([{ name: "example.org" }]);
    api.answers(204);
    expect((await run(["domain", "remove", "example.org"], { env: api.env })).out).toBe(
      "example.org is no longer served\n",
    );
  });
});

describe("heliograph status", () => {
  const core = { name: "sip-core", isAnswering: true };
  const store = { name: "deferred-store", isAnswering: true };

  it("says what the service is doing", async () => {
    const deferred = { waiting: 3, bytes: 1234, oldestAtMs: Date.now() - 2 * 3_600_000 };
    api.answers(200, { subscribers: 4, domains: 1, registeredUsers: 2, deferred, services: [core, store] });
    expect((await run(["status"], { env: api.env })).out).toBe(
      [
        "Users       4, domains 1",
        "Registered  2",
        "Waiting     3 messages for offline users (1234 bytes, the oldest for 2 h)",
        "",
      ].join("\n"),
    );
  });

  it("says unknown, and why, where a service does not answer", async () => {
    const detail = "deferred-store does not run, or is not connected: start it, and look at its /readyz";
    const services = [core, { ...store, isAnswering: false, detail }];
    api.answers(200, { subscribers: 4, domains: 1, registeredUsers: 2, services });
    const { out } = await run(["status"], { env: api.env });
    expect(out).toContain("Waiting     unknown messages");
    expect(out).toContain(detail);
  });

  it("says nothing but unknown where nobody answers", async () => {
    api.answers(200, { services: [{ ...core, isAnswering: false }] });
    const { out } = await run(["status"], { env: api.env });
    expect(out).toContain("Users       unknown, domains unknown\nRegistered  unknown\n");
    expect(out).toContain("a service does not answer");
  });

  it("gives programs the JSON as it is", async () => {
    api.answers(200, { services: [] });
    expect((await run(["status", "--json"], { env: api.env })).out).toBe('{"services":[]}\n');
  });
});

describe("what can be wrong with the admin API", () => {
  it("a wrong key", async () => {
    api.answers(401, { title: "Unauthorized", detail: "x" });
    expect((await run(["status"], { env: api.env })).failed).toBe(
      "the service does not accept this admin key: set ADMIN_API_KEY, or name the key's file with --key-file",
    );
  });

  it("no key", async () => {
    const { failed } = await run(["status", "--key-file", "/nowhere/key"], { env: {} });
    expect(failed).toBe(
      "no admin key: set ADMIN_API_KEY, or name its file with --key-file (looked in /nowhere/key)",
    );
  });

  it("a key from a file", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "heliograph-")), "key");
    writeFileSync(file, "from-a-file\n");
    api.answers(200, { services: [] });
    await run(["status", "--admin", api.url, "--key-file", file], { env: {} });
    expect(api.asked.at(-1)?.authorization).toBe("Bearer from-a-file");
  });

  it("no service", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { failed } = await run(["status", "--admin", url], { env: api.env });
    expect(failed).toBe(
      `nothing answers at ${url}: start the service (npm start), or name its address with --admin`,
    );
  });

  it("something else at that address", async () => {
    api.answers(200, "<html>");
    const { failed } = await run(["status"], { env: api.env });
    expect(failed).toBe(`what answers at ${api.url} is not the admin API: name its address with --admin`);
    api.answers(502, "<html>");
    expect((await run(["status"], { env: api.env })).failed).toBe("the service answered 502");
  });
});
