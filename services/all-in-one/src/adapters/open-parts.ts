import { join } from "node:path";
import { connectNatsBus, createLocalBus } from "@heliograph/bus";
import type { Bus } from "@heliograph/contracts";
import { type Database, openDatabase, startEmbeddedPostgres } from "@heliograph/database";
import type { Clock } from "@heliograph/kernel";
import type { HealthCheck, Lifecycle } from "@heliograph/runtime";
import { connectRedisState, createMemoryState, type State } from "@heliograph/state";
import type { Telemetry } from "@heliograph/telemetry";

/** A part of the ground that the services stand on, and how a person would call it. */
export interface Part<T> {
  readonly part: T;
  readonly name: string;
}

/** What opening a part takes. */
export interface Opening {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly lifecycle: Lifecycle;
}

/** The bus: inside the process, or over NATS. */
export async function openBus(
  url: string | undefined,
  { clock, telemetry, lifecycle }: Opening,
): Promise<Part<Bus> & { readonly check?: HealthCheck }> {
  const { logger, metrics, tracing } = telemetry;
  const deps = { clock, logger, metrics, tracing };
  if (url === undefined) {
    const part = lifecycle.own("bus", createLocalBus(deps), (bus) => bus.drain());
    return { part, name: "in process" };
  }
  const identity = { name: "all-in-one", version: "0.1.0", description: "every service in one process" };
  const bus = lifecycle.own("bus", await connectNatsBus({ ...deps, url, identity }), (opened) =>
    opened.drain(),
  );
  const check = () => {
    if (!bus.isConnected) throw new Error("not connected to NATS");
  };
  return { part: bus, name: `NATS at ${placeOf(url)}`, check: { name: "bus", check } };
}

/** Live state: in memory, or in Redis. */
export async function openState(
  url: string | undefined,
  { clock, lifecycle }: Opening,
): Promise<Part<State>> {
  const name =
    url === undefined ? "in memory (devices register again after a restart)" : `Redis at ${placeOf(url)}`;
  const state = url === undefined ? createMemoryState({ clock }) : await connectRedisState(url, { clock });
  return { part: lifecycle.own("live state", state, (opened) => opened.close()), name };
}

/** The database: a Postgres of our own in the data folder, or the operator's. */
export async function openStore(
  url: string | undefined,
  dataDir: string,
  { telemetry: { logger }, lifecycle }: Opening,
): Promise<Part<Database>> {
  let isClosing = false;
  const onLostConnection = (error: Error) => {
    if (!isClosing) logger.warn({ err: error }, "lost a connection to Postgres");
  };
  const open = (place: string) =>
    lifecycle.own("database", openDatabase({ url: place, onLostConnection }), (database) => {
      isClosing = true;
      return database.close();
    });
  if (url !== undefined) return { part: open(url), name: `Postgres at ${placeOf(url)}` };
  const folder = join(dataDir, "postgres");
  const onEvent = (what: string) => logger.warn(what);
  const server = await startEmbeddedPostgres({ dataDir: folder, onEvent });
  lifecycle.own("embedded Postgres", server, (opened) => opened.stop());
  return { part: open(server.url), name: `embedded Postgres in ${folder}` };
}

/** Where a URL leads, without the secrets in it. */
function placeOf(url: string): string {
  return url
    .replace(/^\w+:\/\//, "")
    .replace(/^.*@/, "")
    .replace(/\?.*$/, "");
}
