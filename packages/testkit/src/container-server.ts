import { existsSync } from "node:fs";
import { connect } from "node:net";
import { freePort } from "./free-port.js";
import type { TestServer } from "./test-server.js";

/** How to run an image that serves one port. */
export interface Image {
  readonly name: string;
  readonly port: number;
  readonly command?: string[];
  readonly environment?: Record<string, string>;
  /** A line of its log that says it is ready. */
  readonly ready: RegExp;
  /** How often that line comes before it is true (Postgres says it once before its own restart). */
  readonly readyTimes?: number;
  readonly url: (port: number) => string;
}

const engineSocket = "/var/run/docker.sock";

/** Whether a container engine answers. */
export function hasContainerEngine(): Promise<boolean> {
  if (process.env["DOCKER_HOST"]) return Promise.resolve(true);
  if (!existsSync(engineSocket)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(engineSocket);
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.unref();
    socket.once("close", () => resolve(false));
    socket.end();
  });
}

/** Runs an image through testcontainers on a free loopback port. */
export async function startContainer(image: Image): Promise<TestServer> {
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import("testcontainers");
  const port = await freePort();
  const container = await new GenericContainer(image.name)
    .withExposedPorts({ container: image.port, host: port })
    .withEnvironment(image.environment ?? {})
    .withCommand(image.command ?? [])
    .withWaitStrategy(Wait.forLogMessage(image.ready, image.readyTimes ?? 1))
    .withStartupTimeout(60_000)
    .start();
  const engine = await getContainerRuntimeClient();
  const handle = engine.container.getById(container.getId());
  const kill = async () => {
    const { State } = await handle.inspect();
    if (State.Running) await handle.kill();
  };
  return {
    url: image.url(port),
    source: "container",
    kill,
    restart: async () => {
      await kill();
      await handle.start();
    },
    stop: async () => {
      await container.stop();
    },
  };
}
