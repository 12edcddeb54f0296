import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createLocalBus } from "@heliograph/bus";
import { participating, sipCore } from "@heliograph/contracts";
import { type Database, openDatabase } from "@heliograph/database";
import { loadConfig } from "@heliograph/runtime";
import { answerChallenge, type DigestAlgorithm, type SipResponse } from "@heliograph/sip";
import { createSipCore, readSipCoreConfig } from "@heliograph/sip-core";
import { createMemoryState } from "@heliograph/state";
import { createLogger, createRedaction, Metrics } from "@heliograph/telemetry";
import { FakeClock, PredictableChance, startPostgres, type TestServer } from "@heliograph/testkit";
import { createSipEdge } from "../src/compose.js";
import { readConfig } from "../src/config.js";
import { FakeStack, flowFrom, message, type Parts, parsed, request } from "./given.js";

const hashes: Readonly<Record<DigestAlgorithm, string>> = {
  MD5: "md5",
  "SHA-256": "sha256",
  "SHA-512-256": "sha512-256",
};
const digester = {
  hash: (algorithm: DigestAlgorithm, text: string) =>
    createHash(hashes[algorithm]).update(text).digest("hex"),
};

let postgres: TestServer;
let database: Database;
const stack = new FakeStack();
const clock = new FakeClock();
const bus = createLocalBus({
  clock,
  logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
});
const senders: string[] = [];
/** The CSeqs under which messages went on. */
const cseqs: number[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  database = openDatabase({ url: postgres.url });
  const logger = createLogger({
    service: "test",
    level: "silent",
    format: "json",
    redaction: createRedaction("k"),
  });
  const chance = new PredictableChance();
  const metrics = new Metrics();
  const state = createMemoryState({ clock });
  const core = createSipCore({
    bus,
    database,
    state,
    clock,
    chance,
    logger,
    metrics,
    config: loadConfig({}, readSipCoreConfig),
  });
  await core.start();
  await bus.request(sipCore.addDomain, {}, { name: "example.com", aliases: [] });
  for (const name of ["alice", "bob"]) {
    await bus.request(sipCore.addSubscriber, {}, { aor: `sip:${name}@example.com`, password: `${name}'s` });
  }
  await bus.serve(participating.originatePagerMessage, {}, async ({ sender, cseq }) => {
    senders.push(sender.aor);
    cseqs.push(cseq);
    return { kind: "accepted" as const, status: 200 as const };
  });
  await createSipEdge({
    bus,
    stack,
    clock,
    chance,
    telemetry: { logger, metrics },
    config: loadConfig({}, readConfig),
  }).start();
}, 60_000);

afterAll(async () => {
  await database.close();
  await postgres.stop();
});

/** Hands a request in and waits for its answer. */
async function receive(text: string, flow = flowFrom()): Promise<SipResponse> {
  const answers = stack.receive(parsed(text), flow);
  for (let waited = 0; answers.length === 0 && waited < 500; waited += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const [answer] = answers;
  if (!answer) throw new Error("no answer");
  return answer;
}

/** The credentials that answer a challenge. */
function answerTo(
  challenged: SipResponse,
  method: string,
  { username = "alice", password = "alice's", nc = 1 } = {},
): string {
  const header = challenged.status === 401 ? "WWW-Authenticate" : "Proxy-Authenticate";
  const challenges = challenged.headers.all(header);
  const uri = method === "REGISTER" ? "sip:example.com" : "sip:bob@example.com";
  const credentials = answerChallenge({
    challenges,
    username,
    password,
    method,
    uri,
    cnonce: "c",
    nc,
    digester,
  });
  return `${challenged.status === 401 ? "" : "Proxy-"}Authorization: ${credentials ?? ""}`;
}

const register = (more: readonly string[] = [], parts: Parts = {}) =>
  request("REGISTER", {
    uri: "sip:example.com",
    to: "<sip:alice@example.com>",
    more: ["Contact: <sip:alice@192.0.2.10:5062>", ...more],
    ...parts,
  });

describe("GEN-31 GEN-33 with the registrar: digest", () => {
  it("a password proves the sender, and the same credentials again prove nothing", async () => {
    const challenged = await receive(message());
    expect(challenged.status).toBe(407);
    const proof = answerTo(challenged, "MESSAGE");
    expect((await receive(message({ more: [proof] }))).status).toBe(200);
    expect((await receive(message({ more: [proof] }))).status).toBe(407);
    expect((await receive(message({ more: [answerTo(challenged, "MESSAGE", { nc: 2 })] }))).status).toBe(200);
    expect(senders.splice(0)).toEqual(["sip:alice@example.com", "sip:alice@example.com"]);
  });

  it("credentials of another user, of another method, or with a wrong password do not send as Alice", async () => {
    const bob = answerTo(await receive(message()), "MESSAGE", { username: "bob", password: "bob's" });
    expect((await receive(message({ more: [bob] }))).status).toBe(403);
    const stolen = answerTo(await receive(register()), "REGISTER").replace(
      "Authorization",
      "Proxy-Authorization",
    );
    expect((await receive(message({ more: [stolen] }))).status).toBeGreaterThanOrEqual(400);
    const wrong = answerTo(await receive(message()), "MESSAGE", { password: "guess" });
    expect((await receive(message({ more: [wrong] }))).status).toBe(407);
    expect(senders).toEqual([]);
  });

  it("GEN-33 a user who does not exist is answered like a wrong password", async () => {
    const unknown = answerTo(await receive(message()), "MESSAGE", { username: "nobody", password: "x" });
    expect((await receive(message({ from: "<sip:nobody@example.com>;tag=n", more: [unknown] }))).status).toBe(
      407,
    );
  });

  it("an empty Authorization is challenged, for REGISTER with 401", async () => {
    expect((await receive(register(["Authorization:"]))).status).toBe(401);
    expect((await receive(message({ more: ["Proxy-Authorization:"] }))).status).toBe(407);
  });

  it("SC-01 GEN-06 a registration over TCP is answered with its binding and vouches for its connection", async () => {
    const flow = flowFrom("192.0.2.10", "tcp");
    const challenged = await receive(register(), flow);
    const registered = await receive(register([answerTo(challenged, "REGISTER")], { cseq: 2 }), flow);
    expect(registered.status).toBe(200);
    expect(registered.headers.get("Contact")).toContain("sip:alice@192.0.2.10:5062");
    expect((await receive(message(), flow)).status).toBe(200);
    expect((await receive(message())).status).toBe(407);
    expect(senders.splice(0)).toEqual(["sip:alice@example.com"]);
  });
});

describe("GEN-19 RFC 3261 §22.2 a retry with credentials is the message that was challenged", () => {
  const callId = "one-call";
  const send = (cseq: number, more: readonly string[] = [], parts: Parts = {}) =>
    receive(message({ callId, cseq, more, ...parts }));

  it("goes on under the CSeq of the first attempt, also when the retry is challenged again", async () => {
    const first = answerTo(await send(7), "MESSAGE");
    cseqs.length = 0;
    expect((await send(8, [first])).status).toBe(200);
    const again = await send(8, [first]);
    expect(again.status).toBe(407);
    expect((await send(9, [answerTo(again, "MESSAGE")])).status).toBe(200);
    expect(cseqs).toEqual([7, 7]);
  });

  it("a message that was taken before its sender heard of it keeps its CSeq through a challenge", async () => {
    const earlier = await receive(message());
    cseqs.length = 0;
    expect((await send(20, [answerTo(earlier, "MESSAGE")])).status).toBe(200);
    const challenged = await send(20, [answerTo(earlier, "MESSAGE")]);
    expect((await send(21, [answerTo(challenged, "MESSAGE")])).status).toBe(200);
    expect(cseqs).toEqual([20, 20]);
  });

  it("no other message is taken for it: one with other words, another Call-ID, a later CSeq or an earlier nonce", async () => {
    const challenged = await send(30);
    cseqs.length = 0;
    const answerWith = (nc: number) => [answerTo(challenged, "MESSAGE", { nc })];
    expect((await send(31, answerWith(1), { body: "other words" })).status).toBe(200);
    expect((await send(31, answerWith(2), { callId: "another-call" })).status).toBe(200);
    expect((await send(32, answerWith(3))).status).toBe(200);
    expect((await send(33, answerWith(4))).status).toBe(200);
    expect(cseqs).toEqual([31, 31, 32, 33]);
    senders.length = 0;
  });
});
