import { createHash } from "node:crypto";
import { createLocalBus } from "@heliograph/bus";
import { type Bus, sipCore } from "@heliograph/contracts";
import { type Database, openDatabase } from "@heliograph/database";
import { loadConfig } from "@heliograph/runtime";
import { createMemoryState, type State } from "@heliograph/state";
import { createLogger, createRedaction, Metrics } from "@heliograph/telemetry";
import { FakeClock, PredictableChance, startPostgres, type TestServer } from "@heliograph/testkit";
import { createSipCore, readSipCoreConfig } from "../src/index.js";
import { registration } from "./given-registration.js";

/** The service over a Postgres of its own, on a bus that sends every value through its wire form. */
export interface Given {
  readonly bus: Bus;
  readonly clock: FakeClock;
  readonly state: State;
  readonly database: Database;
  readonly postgres: TestServer;
  readonly metrics: Metrics;
  readonly available: string[];
  readonly removed: sipCore.RegistrationRemoved[];
  stop(): Promise<void>;
}

export async function startService(env: Readonly<Record<string, string>> = {}): Promise<Given> {
  const postgres = await startPostgres();
  const database = openDatabase({ url: postgres.url });
  const clock = new FakeClock();
  const logger = createLogger({
    service: "test",
    level: "silent",
    format: "json",
    redaction: createRedaction("k"),
  });
  const state = createMemoryState({ clock });
  const bus = createLocalBus({ clock, logger, validate: true });
  const metrics = new Metrics();
  const config = loadConfig({ DIGEST_ALGORITHMS: "SHA-512-256,SHA-256,MD5", ...env }, readSipCoreConfig);
  const chance = new PredictableChance();
  const service = createSipCore({ bus, database, state, clock, chance, logger, metrics, config });
  await service.start();
  const available: string[] = [];
  await bus.listen(sipCore.userAvailable, {}, "test", async ({ aor }) => void available.push(aor));
  const removed: sipCore.RegistrationRemoved[] = [];
  await bus.listen(sipCore.registrationRemoved, {}, "test", async (fact) => void removed.push(fact));
  const stop = async () => {
    await service.stop();
    await bus.drain();
    await database.close();
    await postgres.stop();
  };
  return { bus, clock, state, database, postgres, metrics, available, removed, stop };
}

const hashes: Readonly<Record<string, string>> = {
  MD5: "md5",
  "SHA-256": "sha256",
  "SHA-512-256": "sha512-256",
};

/** What a client answers to a challenge; computed here, apart from what is tested. @spec rfc7616#3.4.1 */
export function answer(
  challenge: string,
  differs: Readonly<Record<string, string | undefined>> & {
    readonly password?: string;
    readonly method?: string;
  } = {},
): string {
  const { password = "wonderland", method = "REGISTER", ...changed } = differs;
  const given = (name: string) => new RegExp(`[ ,]${name}="?([^",]+)"?`).exec(challenge)?.[1] ?? "";
  const algorithm = changed["algorithm"] ?? given("algorithm");
  const values: Record<string, string | undefined> = {
    username: "alice",
    realm: given("realm"),
    nonce: given("nonce"),
    uri: "sip:a.example",
    cnonce: "0a4f113b",
    nc: "00000001",
    qop: "auth",
    algorithm,
    ...changed,
  };
  const hash = (text: string) =>
    createHash(hashes[algorithm] ?? "md5")
      .update(text)
      .digest("hex");
  const ha1 = hash(`${values["username"]}:${values["realm"]}:${password}`);
  const ha2 = hash(`${method}:${values["uri"]}`);
  values["response"] ??= hash([ha1, values["nonce"], values["nc"], values["cnonce"], "auth", ha2].join(":"));
  const unquoted = new Set(["nc", "qop", "algorithm"]);
  const params = Object.entries(values).filter(([, value]) => value !== undefined);
  return `Digest ${params.map(([name, value]) => (unquoted.has(name) ? `${name}=${value}` : `${name}="${value}"`)).join(", ")}`;
}

/** Registers as a client does: is challenged, answers, and gives back the last reply. */
export async function login(
  { bus }: Pick<Given, "bus">,
  differs: Partial<sipCore.Registration> = {},
  credentials: Parameters<typeof answer>[1] = {},
): Promise<sipCore.RegisterReply> {
  const first = await bus.request(sipCore.register, {}, registration(differs));
  if (first.kind !== "challenge") return first;
  const authorization = [answer(first.challenges[1] ?? "", credentials)];
  return bus.request(sipCore.register, {}, registration({ ...differs, authorization }));
}

/** The values of one header of a reply. */
export function headersOf(reply: sipCore.RegisterReply, name: string): string[] {
  return reply.kind === "challenge"
    ? []
    : reply.headers.filter(([found]) => found === name).map(([, value]) => value);
}
