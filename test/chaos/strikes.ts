import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { HeliographServer } from "@heliograph/testkit";

/** Kills something and sees to it that it comes back. Returns what it killed. */
export type Strike = () => Promise<string>;

/** kill -9 of the one process of the embedded form. */
export function embeddedStrikes(server: HeliographServer): Strike[] {
  return [
    async () => {
      await server.kill();
      await server.restart();
      return "the service";
    },
  ];
}

/** kill -9 of each process of the distributed form in turn; its supervisor starts it again. */
export function distributedStrikes(server: HeliographServer): Strike[] {
  const victims = [
    ...["sip-core", "deferred-store", "participating", "sip-edge"].map((name) => ({
      name,
      mark: `services/${name}/dist/main.js`,
    })),
    { name: "NATS", mark: "nats-server" },
    { name: "Redis", mark: "redis-server" },
  ];
  return victims.map(({ name, mark }) => async () => {
    const pid = childOf(server.pid, mark);
    if (pid === undefined) return `${name} (which was down)`;
    process.kill(pid, "SIGKILL");
    await wait(500);
    return name;
  });
}

function childOf(parent: number, mark: string): number | undefined {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      const stat = read(`/proc/${pid}/stat`);
      const ppid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      return ppid === parent && read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").includes(mark);
    });
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
