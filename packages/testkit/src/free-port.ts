import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/** Below the ports that the system gives to clients: those may be taken again before a server has started there. */
const first = 10_000;
const beyond = 32_000;

/** A loopback port that nobody uses, over TCP or UDP. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(first, beyond);
    if ((await canBindTcp(port)) && (await canBindUdp(port))) return port;
  }
  throw new Error("no port is free on the loopback interface");
}

function canBindTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

function canBindUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createSocket("udp4");
    probe.once("error", () => resolve(false));
    probe.bind(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
