import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Image, hasContainerEngine, startContainer } from "./container-server.js";
import { type Program, startProgram } from "./program-server.js";
import { type TestServer, serverOfEnvironment } from "./test-server.js";

/** The ways to get one kind of server. */
export interface Acquisition {
  /** Names a server that is there already. */
  readonly variable: string;
  readonly image: Image;
  readonly program?: { readonly program: Program; readonly debianPackage: string };
  readonly embedded?: () => Promise<TestServer>;
}

/**
 * A server for a test, in this order: a URL in the environment, a container where an engine answers, a program
 * of this machine, one embedded in an npm package, a Debian package installed on the spot. Never skips silently:
 * where nothing works, the error names the line to type.
 */
export async function acquireServer(ways: Acquisition): Promise<TestServer> {
  const url = process.env[ways.variable];
  if (url) return serverOfEnvironment(ways.variable, url);
  if (await hasContainerEngine()) {
    const server = await startContainer(ways.image).catch(sayWhyNot);
    if (server) return server;
  }
  if (ways.program && isOnPath(ways.program.program.command)) return startProgram(ways.program.program);
  if (ways.embedded) return ways.embedded();
  if (ways.program) return installAndStart(ways.program, ways.variable);
  throw new Error(`set ${ways.variable} to the URL of a server`);
}

function sayWhyNot(cause: unknown): undefined {
  process.stderr.write(`no container, looking for another server: ${String(cause)}\n`);
}

function installAndStart(
  { program, debianPackage }: Required<Acquisition>["program"],
  variable: string,
): Promise<TestServer> {
  const line = `apt-get update && apt-get install -y --no-install-recommends ${debianPackage}`;
  if (process.getuid?.() === 0 && isOnPath("apt-get")) {
    const options = {
      stdio: "pipe",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
    } as const;
    execFileSync("sh", ["-c", line], options);
    return startProgram(program);
  }
  throw new Error(
    `${program.command} is not here. Type: sudo sh -c '${line}' (or set ${variable} to the URL of a server)`,
  );
}

function isOnPath(command: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => isExecutable(join(folder, command)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
