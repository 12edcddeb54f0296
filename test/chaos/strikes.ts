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

/** The services that a pager message passes. */
const pagerServices = ["sip-core", "deferred-store", "participating", "sip-edge"];
const marks: ReadonlyMap<string, string> = new Map([
  ["NATS", "nats-server"],
  ["Redis", "redis-server"],
]);

/** kill -9 of each process of the distributed form in turn; its supervisor starts it again. */
export function distributedStrikes(
  server: HeliographServer,
  victims: readonly string[] = [...pagerServices, ...marks.keys()],
): Strike[] {
  return victims.map((name) => async () => {
    const pid = processOf(server, name);
    if (pid === undefined) return `${name} (which was down)`;
    process.kill(pid, "SIGKILL");
    await wait(500);
    return name;
  });
}

/** The process of a service in the distributed form; undefined: it is down. */
export function processOf(server: HeliographServer, name: string): number | undefined {
  return childOf(server.pid, marks.get(name) ?? `services/${name}/dist/main.js`);
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
