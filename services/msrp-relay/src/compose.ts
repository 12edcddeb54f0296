import { type Bus, msrpRelay } from "@heliograph/contracts";
import type { Chance, Clock } from "@heliograph/kernel";
import type { MsrpConnections } from "@heliograph/msrp-stack";
import type { Metrics } from "@heliograph/telemetry";
import { AnchoredAdmission, type Ends } from "./bridging/anchored-admission.js";
import { Door } from "./bridging/door.js";
import { KnownHops } from "./bridging/known-hops.js";
import { OpenAnswers } from "./bridging/open-answers.js";
import { Lines } from "./bridging/lines.js";
import type { Config } from "./config.js";
import { isSecure, type RelayPoint, RelayPoints, uriAt } from "./domain/relay-points.js";
import type { Events } from "./events.js";
import { anchorSession } from "./handlers/anchor-session.js";
import { answerForCallee } from "./handlers/answer-for-callee.js";
import { authenticate } from "./handlers/authenticate.js";
import { checkSessions } from "./handlers/check-sessions.js";
import { closeSession } from "./handlers/close-session.js";
import { renewSessions } from "./handlers/renew-sessions.js";
import { SessionSweeper } from "./handlers/sweep-sessions.js";
import { translateAnswer } from "./handlers/translate-answer.js";
import { translateOffer } from "./handlers/translate-offer.js";
import type { Names } from "./ports.js";
import { AuthAdmission } from "./relaying/auth-admission.js";
import { Grants } from "./relaying/grants.js";
import { NextHops } from "./relaying/next-hops.js";
import { RelayAdmission } from "./relaying/relay-admission.js";
import type { Loss, Session } from "./sessions/session.js";
import { Sessions } from "./sessions/sessions.js";

/** Everything that the relay needs of the world. */
export interface Ports {
  readonly bus: Bus;
  readonly connections: MsrpConnections;
  /** Our listeners as ends are told of them. */
  readonly points: readonly RelayPoint[];
  readonly names: Names;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly events: Events;
  readonly telemetry: { readonly metrics: Pick<Metrics, "gauge" | "observedCounter"> };
  readonly config: Config;
}

/** What `compose` leaves running. */
export interface Composed {
  readonly sessions: Sessions;
  readonly grants: Grants;
  readonly connections: MsrpConnections;
  readonly answers: OpenAnswers;
  readonly sweeper: SessionSweeper;
}

/** The whole service on one screen: which subject is served by which use case, and where requests come in. */
export async function compose(ports: Ports): Promise<Composed> {
  const { bus, connections, chance, config } = ports;
  const { nodeId: node } = config;
  const incarnation = chance.token(9);
  const { sessions, grants, lines, answers, points } = assemble(ports);
  connections.onConnection((connection) => void lines.accept(connection));
  const deps = {
    ...ports,
    node,
    incarnation,
    sessions,
    points,
    fingerprints: connections.fingerprints,
  };
  await bus.serve(msrpRelay.anchorSession, {}, anchorSession(deps));
  await bus.serve(msrpRelay.translateOffer, { node }, translateOffer(deps));
  await bus.serve(msrpRelay.translateAnswer, { node }, translateAnswer(deps));
  await bus.serve(msrpRelay.answerForCallee, { node }, answerForCallee(deps));
  await bus.serve(msrpRelay.closeSession, { node }, closeSession(deps));
  await bus.serve(msrpRelay.checkSessions, { node }, checkSessions(deps));
  await bus.serve(msrpRelay.renewSessions, { node }, renewSessions(deps));
  const sweeper = new SessionSweeper({ ...deps, tellLost: (lost) => publishLost(ports, lost) });
  sweeper.start();
  observe(ports, { sessions, grants, lines, answers });
  return { sessions, grants, connections, answers, sweeper };
}

function assemble(ports: Ports) {
  const { connections, clock, chance, events, config } = ports;
  const { limits } = config;
  const points = new RelayPoints(ports.points);
  const ends: Ends = new Map();
  const anchored = new AnchoredAdmission({ clock, chance, points, ends, events });
  const grants = new Grants({
    ...limits,
    ...config.auth,
    clock,
    chance,
    points,
    maxGrants: limits.maxSessions,
  });
  const known = new KnownHops();
  const answers = new OpenAnswers(clock, chance.token(8));
  const lines: Lines = new Lines({
    clock,
    answers,
    hops: known,
    connections,
    open: (line, head) => door.open(line, head),
    fallbackUri: uriAt(points.pointFor("tcp"), "unknown").text,
    firstRequestMs: limits.firstRequestMs,
    events,
  });
  const hops = new NextHops({ lines, points, names: ports.names, chance });
  const relayed = new RelayAdmission({ clock, chance, points, grants, hops, events });
  const door = new Door([anchored, relayed, authAdmission(ports, grants)]);
  const sessions = new Sessions({
    ...limits,
    clock,
    chance,
    ends,
    dial: (agreement) => hops.dialFor(agreement),
    bound: (line, path) => known.learn(line, path),
    events: { sessionLost: (session, side, why) => tellLost(ports, { session, side, why }) },
  });
  return { sessions, grants, lines, answers, points };
}

/** AUTH only over TLS: our own, or that of a proxy in front of the WebSocket listener. @spec rfc4976#6.3 @spec MS-20 @spec MS-29 */
function authAdmission({ bus, config, points, events }: Ports, grants: Grants): AuthAdmission {
  const { auth, isBehindProxy, names } = config;
  const hosts = [...names, ...points.map(({ host }) => host)];
  return new AuthAdmission({
    authenticate: authenticate({ bus, terms: auth, realm: auth.realm, events }),
    grants,
    hosts: new Set(hosts.map((host) => host.toLowerCase())),
    mayAuthenticateOver: ({ connection: { transport } }) =>
      auth.isPlainAllowed || isSecure(transport) || (transport === "ws" && isBehindProxy),
    events,
  });
}

interface Lost {
  readonly session: Session;
  readonly side: "caller" | "callee" | undefined;
  readonly why: Loss;
}

function tellLost(ports: Ports, lost: Lost): void {
  ports.events.lost(lost.session.conversation, lost.why);
  publishLost(ports, lost);
}

function publishLost({ bus, events }: Ports, { session, side, why }: Lost): void {
  const fact = { conversation: session.conversation, session: session.id, why };
  bus
    .publish(msrpRelay.sessionLost, {}, side === undefined ? fact : { ...fact, side })
    .catch((cause: unknown) => events.broken("nobody could be told of a lost session", cause));
}

interface Observed {
  readonly sessions: Sessions;
  readonly lines: Lines;
  readonly grants: Grants;
  readonly answers: OpenAnswers;
}

function observe(
  { telemetry: { metrics }, connections }: Ports,
  { sessions, grants, lines, answers }: Observed,
): void {
  const name = (what: string) => `heliograph_msrp_relay_${what}`;
  metrics.gauge(name("sessions"), "Sessions anchored now", () => sessions.size);
  metrics.gauge(name("grants"), "URIs that clients of the relay have now", () => grants.size);
  metrics.gauge(name("connections"), "Connections open now", () => lines.size);
  metrics.gauge(name("unanswered"), "Requests that wait for a response", () => answers.size);
  for (const key of counted) {
    const words = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const about = `Connections: ${words.replaceAll("_", " ")}`;
    metrics.observedCounter(name(`connections_${words}_total`), about, () => connections.snapshot[key]);
  }
}

const counted = [
  "accepted",
  "opened",
  "connectsFailed",
  "refused",
  "refusedOfSource",
  "handshakesRefused",
  "slowSendersClosed",
  "slowReadersClosed",
  "silentClosed",
  "brokenClosed",
  "exceptions",
] as const;
