import { acquireServer } from "./acquire-server.js";
import type { TestServer } from "./test-server.js";

/** A Redis that keeps nothing on disk, as in production; `TEST_REDIS_URL` names one that is there already. */
export function startRedis(): Promise<TestServer> {
  const url = (port: number) => `redis://127.0.0.1:${port}`;
  const volatile = ["--save", "", "--appendonly", "no"];
  return acquireServer({
    variable: "TEST_REDIS_URL",
    image: {
      name: "redis:8-alpine",
      port: 6379,
      command: ["redis-server", ...volatile],
      ready: /Ready to accept connections/,
      url,
    },
    program: {
      debianPackage: "redis-server",
      program: {
        command: "redis-server",
        args: (port, folder) => ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, ...volatile],
        url,
      },
    },
  });
}
