import { afterEach, describe, expect, it } from "@jest/globals";
import { createHealthServer, type HealthCheck, type HealthServer } from "../src/index.js";

let server: HealthServer | undefined;
afterEach(() => server?.close());

const open = async (checks: readonly HealthCheck[] = [], metrics?: () => string) => {
  const base = { host: "127.0.0.1", port: 0, checks, checkTimeoutMs: 50 };
  const opened = await createHealthServer(metrics ? { ...base, metrics } : base);
  server = opened;
  return async (path: string, method = "GET") => {
    const answer = await fetch(`http://127.0.0.1:${opened.port}${path}`, { method });
    return `${answer.status} ${await answer.text()}`;
  };
};

describe("the health server", () => {
  it("is alive at once, and ready only after the start and until draining", async () => {
    const get = await open([{ name: "postgres", check: () => undefined }]);
    expect(await get("/livez")).toBe("200 alive\n");
    expect(await get("/startupz")).toBe("503 starting\n");
    expect(await get("/readyz")).toBe("503 starting\n");
    server?.started();
    expect(await get("/startupz")).toBe("200 running\n");
    expect(await get("/readyz?verbose")).toBe("200 ready\npostgres: ok\n");
    server?.draining();
    expect(await get("/readyz")).toBe("503 draining\n");
    expect(await get("/livez")).toBe("200 alive\n");
  });

  it("says what keeps it from being ready; a check that hangs counts as failed", async () => {
    const get = await open([
      { name: "bus", check: () => undefined },
      { name: "redis", check: () => Promise.reject(new Error("connection refused")) },
      { name: "postgres", check: () => new Promise<void>(() => undefined) },
    ]);
    server?.started();
    expect(await get("/readyz")).toBe(
      "503 not ready\nbus: ok\nredis: connection refused\npostgres: no answer within 50 ms\n",
    );
  });

  it("gives metrics where there are some", async () => {
    const get = await open([], () => "up 1\n");
    expect(await get("/metrics")).toBe("200 up 1\n");
  });

  it("refuses what it does not have", async () => {
    const get = await open();
    expect(await get("/metrics")).toMatch(/^404 /);
    expect(await get("/nothing")).toMatch(/^404 /);
    expect(await get("/livez", "POST")).toMatch(/^405 /);
  });

  it("rejects when its port is taken", async () => {
    await open();
    const taken = { host: "127.0.0.1", port: server?.port ?? 0, checks: [] };
    await expect(createHealthServer(taken)).rejects.toThrow(/EADDRINUSE/);
  });
});
