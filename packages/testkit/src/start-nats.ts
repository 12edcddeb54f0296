import { join } from "node:path";
import { acquireServer } from "./acquire-server.js";
import type { TestServer } from "./test-server.js";

/** A NATS server with JetStream; `TEST_NATS_URL` names one that is there already. */
export function startNats(): Promise<TestServer> {
  const url = (port: number) => `nats://127.0.0.1:${port}`;
  return acquireServer({
    variable: "TEST_NATS_URL",
    image: { name: "nats:2.12-alpine", port: 4222, command: ["-js"], ready: /Server is ready/, url },
    program: {
      debianPackage: "nats-server",
      program: {
        command: "nats-server",
        args: (port, folder) => [
          "-a",
          "127.0.0.1",
          "-p",
          String(port),
          "-js",
          "-sd",
          join(folder, "jetstream"),
        ],
        url,
      },
    },
  });
}
