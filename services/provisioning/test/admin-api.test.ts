import { describe, expect, it } from "@jest/globals";
import { apiKey, given } from "./given-api.js";

const core = "im.sip-core.v1";

describe("the admin API asks for its key", () => {
  it.each([
    ["no key", {}],
    ["another key", { authorization: "Bearer nonsense" }],
    ["the key under another scheme", { authorization: `Basic ${apiKey}` }],
  ])("and answers 401 with what to do to %s", async (_, headers) => {
    const { api, asked } = await given();
    const response = await api.inject({ url: "/v1/domains", headers });
    expect(response.statusCode).toBe(401);
    expect(response.headers["content-type"]).toContain("application/problem+json");
    expect(response.headers["www-authenticate"]).toContain("Bearer");
    expect(response.json()).toMatchObject({ status: 401, title: "Unauthorized" });
    expect(response.json().detail).toMatch(/ADMIN_API_KEY/);
    expect(asked).toEqual([]);
    await api.close();
  });

  it("and takes it as a bearer token or as x-api-key", async () => {
    const { api } = await given({ [`${core}.list-domains`]: { domains: [] } });
    for (const headers of [{ authorization: `Bearer ${apiKey}` }, { "x-api-key": apiKey }]) {
      expect((await api.inject({ url: "/v1/domains", headers })).statusCode).toBe(200);
    }
    await api.close();
  });
});

describe("domains", () => {
  it("are listed, added and removed", async () => {
    const domain = { name: "a.example", aliases: ["b.example"] };
    const { api, asked, authorization } = await given({
      [`${core}.list-domains`]: { domains: [domain] },
      [`${core}.add-domain`]: { kind: "done" },
      [`${core}.remove-domain`]: { kind: "done" },
    });
    const headers = { authorization };
    expect((await api.inject({ url: "/v1/domains", headers })).json()).toEqual({ domains: [domain] });
    const added = await api.inject({ method: "POST", url: "/v1/domains", headers, payload: domain });
    expect(added.statusCode).toBe(201);
    expect(added.headers.location).toBe("/v1/domains/a.example");
    const removed = await api.inject({ method: "DELETE", url: "/v1/domains/a.example", headers });
    expect([removed.statusCode, removed.body]).toEqual([204, ""]);
    expect(asked.map(({ input }) => input)).toEqual([{}, domain, { name: "a.example" }]);
    await api.close();
  });

  it.each([
    ["conflict", 409],
    ["not-found", 404],
    ["invalid", 400],
  ])("answer %s with %i and the reason", async (kind, status) => {
    const { api, authorization } = await given({ [`${core}.remove-domain`]: { kind, reason: "because" } });
    const response = await api.inject({
      method: "DELETE",
      url: "/v1/domains/a.example",
      headers: { authorization },
    });
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject({ type: "about:blank", status, detail: "because" });
    await api.close();
  });
});

describe("subscribers", () => {
  it("are added with a password that is not shown again", async () => {
    const { api, asked, authorization } = await given({ [`${core}.add-subscriber`]: { kind: "done" } });
    const payload = { aor: "sip:alice@a.example", password: "secret-word", display: "Alice" };
    const response = await api.inject({
      method: "POST",
      url: "/v1/subscribers",
      headers: { authorization },
      payload,
    });
    expect(response.statusCode).toBe(201);
    expect(response.body).not.toContain("secret-word");
    expect(asked[0]?.input).toEqual(payload);
    await api.close();
  });

  it("PF-07 have their settings changed by their address in the path", async () => {
    const { api, asked, authorization } = await given({ [`${core}.change-subscriber`]: { kind: "done" } });
    const url = `/v1/subscribers/${encodeURIComponent("sip:alice@a.example")}`;
    const change = (payload: object) =>
      api.inject({ method: "PATCH", url, headers: { authorization }, payload });
    expect((await change({ autoAcceptsSessions: true })).statusCode).toBe(204);
    expect(asked).toMatchObject([{ input: { aor: "sip:alice@a.example", autoAcceptsSessions: true } }]);
    expect((await change({ autoAcceptsSessions: "yes" })).statusCode).toBe(400);
    expect((await change({ isBarred: true })).statusCode).toBe(400);
    await api.close();
  });

  it("are removed by their address in the path", async () => {
    const { api, asked, authorization } = await given({ [`${core}.remove-subscriber`]: { kind: "done" } });
    const url = `/v1/subscribers/${encodeURIComponent("sip:alice@a.example")}`;
    expect((await api.inject({ method: "DELETE", url, headers: { authorization } })).statusCode).toBe(204);
    expect(asked[0]?.input).toEqual({ aor: "sip:alice@a.example" });
    await api.close();
  });

  it("are listed a page at a time, each page with the way to the next", async () => {
    const row = { aor: "sip:a@a.example", isBarred: false, bindings: 1 };
    const { api, asked, authorization } = await given({
      [`${core}.list-subscribers`]: { subscribers: [row] },
    });
    const full = await api.inject({
      url: "/v1/subscribers?limit=1&domain=a.example",
      headers: { authorization },
    });
    expect(full.json().next).toBe("/v1/subscribers?after=sip%3Aa%40a.example&limit=1&domain=a.example");
    const last = await api.inject({
      url: "/v1/subscribers?after=sip:0@a.example",
      headers: { authorization },
    });
    expect(last.json()).toEqual({ subscribers: [row] });
    expect(asked.map(({ input }) => input)).toEqual([
      { limit: 1, domain: "a.example" },
      { limit: 100, after: "sip:0@a.example" },
    ]);
    await api.close();
  });

  it.each([
    ["a body that is not JSON", "{", /JSON/],
    ["a missing password", '{"aor":"sip:a@a.example"}', /password/],
    ["a body above the bound", `{"aor":"${"x".repeat(70_000)}"}`, /large/],
  ])("are not made of %s", async (_, payload, complaint) => {
    const { api, asked, authorization } = await given();
    const headers = { authorization, "content-type": "application/json" };
    const response = await api.inject({ method: "POST", url: "/v1/subscribers", headers, payload });
    expect([400, 413]).toContain(response.statusCode);
    expect(response.json().detail).toMatch(complaint);
    expect(asked).toEqual([]);
    await api.close();
  });
});

describe("what cannot be is a problem document", () => {
  it.each([
    ["a path that is not escaped properly", "DELETE", "/v1/subscribers/%zz", undefined, 400],
    ["a cursor with a NUL", "GET", "/v1/subscribers?after=%00", undefined, 400],
    ["a name with a NUL", "POST", "/v1/subscribers", { aor: "sip:a@b", password: "p", display: "\0" }, 400],
    ["a path that is not there", "GET", "/v1/nothing", undefined, 404],
  ] as const)("%s", async (_, method, url, payload, status) => {
    const { api, asked, authorization } = await given();
    const response = await api.inject({
      method,
      url,
      headers: { authorization },
      ...(payload && { payload }),
    });
    expect(response.statusCode).toBe(status);
    expect(response.headers["content-type"]).toContain("application/problem+json");
    expect(response.json()).toMatchObject({ type: "about:blank", status });
    expect(asked).toEqual([]);
    await api.close();
  });

  it("RFC 9110 §15.5.6 a method that a path does not have is 405 with Allow, to who has the key", async () => {
    const { api, authorization } = await given();
    const put = (headers: object) =>
      api.inject({ method: "PUT", url: "/v1/domains", headers: { ...headers } });
    expect((await put({})).statusCode).toBe(401);
    const response = await put({ authorization });
    expect(response.statusCode).toBe(405);
    expect(response.headers["content-type"]).toContain("application/problem+json");
    expect(response.headers.allow).toBe("GET, HEAD, POST");
    const one = await api.inject({ url: "/v1/subscribers/sip%3Aa%40b", headers: { authorization } });
    expect([one.statusCode, one.headers.allow]).toEqual([405, "PATCH, DELETE"]);
    await api.close();
  });

  it("RFC 9110 §15.5.16 a body of another type is 415 and says which", async () => {
    const { api, authorization } = await given();
    const headers = { authorization, "content-type": "application/xml" };
    const response = await api.inject({ method: "POST", url: "/v1/domains", headers, payload: "<a/>" });
    expect(response.statusCode).toBe(415);
    expect(response.json().detail).toContain("application/json");
    await api.close();
  });
});

describe("the status", () => {
  const counts = { subscribers: 2, domains: 1, registeredUsers: 1 };
  const waiting = { waiting: 3, bytes: 99, oldestAtMs: 5 };

  it("says what the services say", async () => {
    const { api, authorization } = await given({
      [`${core}.report-status`]: counts,
      "im.deferred-store.v1.report-status": waiting,
    });
    const response = await api.inject({ url: "/v1/status", headers: { authorization } });
    expect(response.json()).toEqual({
      ...counts,
      deferred: waiting,
      services: [
        { name: "sip-core", isAnswering: true },
        { name: "deferred-store", isAnswering: true },
      ],
    });
    await api.close();
  });

  it("names a service that does not answer, and what to do", async () => {
    const { api, authorization } = await given({
      [`${core}.report-status`]: counts,
      "im.deferred-store.v1.report-status": "no-responder",
    });
    const { deferred, services } = (
      await api.inject({ url: "/v1/status", headers: { authorization } })
    ).json();
    expect(deferred).toBeUndefined();
    expect(services[1]).toMatchObject({ name: "deferred-store", isAnswering: false });
    expect(services[1].detail).toMatch(/start it/);
    await api.close();
  });
});

describe("when something is away", () => {
  it.each(["no-responder", "timeout", "disconnected", "handler-failed", "malformed"])(
    "%s on the bus is a 503 that names the service",
    async (failure) => {
      const { api, authorization } = await given({ [`${core}.list-domains`]: failure });
      const response = await api.inject({ url: "/v1/domains", headers: { authorization } });
      expect(response.statusCode).toBe(503);
      expect(response.headers["retry-after"]).toBe("5");
      expect(response.json().detail).toMatch(/^sip-core /);
      await api.close();
    },
  );

  it("what nobody has thought of is a 500 that tells nothing, and is logged", async () => {
    const { api, errors, authorization } = await given({ [`${core}.list-domains`]: { nonsense: true } });
    const response = await api.inject({ url: "/v1/domains", headers: { authorization } });
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain("nonsense");
    expect(errors).toHaveLength(1);
    await api.close();
  });
});

describe("the admin API", () => {
  it("describes itself at /openapi.json, every route of it", async () => {
    const { api } = await given();
    const { openapi, paths } = (await api.inject({ url: "/openapi.json" })).json();
    expect(openapi).toBe("3.1.0");
    expect(Object.keys(paths).sort()).toEqual([
      "/v1/domains",
      "/v1/domains/{name}",
      "/v1/status",
      "/v1/subscribers",
      "/v1/subscribers/{aor}",
    ]);
    expect(Object.keys(paths["/v1/subscribers"].post.responses)).toEqual(
      expect.arrayContaining(["201", "400", "409", "503"]),
    );
    await api.close();
  });

  it("shows a page to try it at /docs, under one content security policy", async () => {
    const { api } = await given();
    const response = await api.inject({ url: "/docs/" });
    expect(response.statusCode).toBe(200);
    expect(typeof response.headers["content-security-policy"]).toBe("string");
    await api.close();
  });

  it("answers what it does not know with a problem", async () => {
    const { api, authorization } = await given();
    const response = await api.inject({ url: "/v1/rooms", headers: { authorization } });
    expect(response.statusCode).toBe(404);
    expect(response.json().detail).toMatch(/openapi/);
    await api.close();
  });

  it("limits how often an address may ask", async () => {
    const { api, authorization } = await given({ [`${core}.list-domains`]: { domains: [] } }, 2);
    const ask = () => api.inject({ url: "/v1/domains", headers: { authorization } });
    expect((await ask()).statusCode).toBe(200);
    expect((await ask()).statusCode).toBe(200);
    const limited = await ask();
    expect(limited.statusCode).toBe(429);
    expect(limited.headers["retry-after"]).toBeDefined();
    expect(limited.json()).toMatchObject({ status: 429, title: "Too many requests" });
    await api.close();
  });

  it("limits guesses at the key, too", async () => {
    const { api } = await given({}, 2);
    const guess = () => api.inject({ url: "/v1/domains", headers: { authorization: "Bearer guess" } });
    expect([(await guess()).statusCode, (await guess()).statusCode]).toEqual([401, 401]);
    expect((await guess()).statusCode).toBe(429);
    await api.close();
  });

  it("sends the headers that keep browsers careful", async () => {
    const { api } = await given();
    const { headers } = await api.inject({ url: "/openapi.json" });
    expect(headers["x-content-type-options"]).toBe("nosniff");
    await api.close();
  });
});
