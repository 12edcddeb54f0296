import { connect } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { openDatabase } from "@heliograph/database";
import { type TestServer, freePort, startNats, startPostgres, startRedis } from "../src/index.js";

/** What the server at `url` says first, or after `greeting`. */
function firstWords(url: string, greeting = ""): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(greeting));
    socket.once("error", reject);
    socket.once("data", (chunk) => {
      socket.destroy();
      resolve(chunk.toString());
    });
  });
}

async function selectOne(url: string): Promise<string> {
  const database = openDatabase({ url, connectTimeoutMs: 2_000 });
  try {
    const rows = await database.query<{ answer: string }>("SELECT 'it answers' AS answer");
    return rows[0]?.answer ?? "";
  } finally {
    await database.close();
  }
}

describe.each<[string, () => Promise<TestServer>, (url: string) => Promise<string>, RegExp]>([
  ["NATS", startNats, (url) => firstWords(url), /^INFO /],
  ["Redis", startRedis, (url) => firstWords(url, "PING\r\n"), /^\+PONG/],
  ["Postgres", startPostgres, selectOne, /it answers/],
])("a %s for a test", (_, start, ask, answer) => {
  it("starts, is gone when it is killed, and is back at the same URL", async () => {
    const server = await start();
    try {
      expect(await ask(server.url)).toMatch(answer);
      await server.kill();
      await expect(ask(server.url)).rejects.toThrow();
      await server.restart();
      expect(await ask(server.url)).toMatch(answer);
    } finally {
      await server.stop();
    }
    await expect(ask(server.url)).rejects.toThrow();
  }, 60_000);
});

describe("freePort", () => {
  it("gives ports that can be bound", async () => {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    expect(new Set(ports).size).toBeGreaterThan(1);
    for (const port of ports) expect(port).toBeGreaterThan(1023);
  });
});
