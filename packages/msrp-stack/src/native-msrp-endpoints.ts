import type { Chance, Clock } from "@heliograph/kernel";
import { msrpUriKeyOf, parseMsrpUri, type SessionDriver } from "@heliograph/msrp";
import type { Fingerprint } from "@heliograph/sdp";
import type { MsrpConnections, MsrpListeningPoint } from "./connection.js";
import { DialGuard } from "./dial-guard.js";
import { EndpointSession, type EndpointSessionParts } from "./endpoint-session.js";
import { NativeMsrpConnections } from "./native-msrp-connections.js";
import { createSessionUri } from "./own-uri.js";
import { authenticateAt } from "./relay-access.js";
import type {
  EndpointLimits,
  MsrpEndpoints,
  MsrpEndpointsOptions,
  MsrpSession,
  MsrpSessionParts,
  RelayAccess,
  RelayParts,
} from "./session.js";
import { SessionConnections } from "./session-connections.js";

const defaultEndpointLimits: EndpointLimits = {
  bindMs: 32_000,
  keepAliveMs: 0,
  unboundMs: 30_000,
  maxOpenMessages: 64,
  maxHeldBytes: 64 << 20,
  maxRemembered: 1_024,
  maxFailedDials: 20,
};

/** MSRP end points on sockets of this process. */
export class NativeMsrpEndpoints implements MsrpEndpoints {
  readonly #connections: MsrpConnections;
  readonly #shared: SessionConnections;
  readonly #sessions = new Map<string, SessionDriver>();
  readonly #surroundings: EndpointSessionParts;
  readonly #host: string | undefined;
  readonly #clock: Clock;
  readonly #chance: Chance;

  constructor(options: MsrpEndpointsOptions) {
    const { clock, chance } = options;
    const limits = { ...defaultEndpointLimits, ...options.endpoint };
    this.#clock = clock;
    this.#chance = chance;
    this.#host = options.host;
    this.#connections = new NativeMsrpConnections(options);
    this.#shared = new SessionConnections({
      clock,
      chance,
      connections: this.#connections,
      keepAliveMs: limits.keepAliveMs,
      unboundMs: limits.unboundMs,
      find: (key) => this.#sessions.get(key),
    });
    this.#surroundings = {
      driver: { clock, chance, limits, bindMs: limits.bindMs },
      connections: this.#shared,
      guard: new DialGuard(clock, limits.maxFailedDials),
      register: (uri, session) => this.#register(uri, session),
    };
  }

  get listeningPoints(): readonly MsrpListeningPoint[] {
    return this.#connections.listeningPoints;
  }

  get fingerprints(): readonly Fingerprint[] {
    return this.#connections.fingerprints;
  }

  start(): Promise<void> {
    return this.#connections.start();
  }

  createUri(reach: "tcp" | "tls" | "ws"): string {
    return createSessionUri(reach, this.#chance, { host: this.#host, points: this.listeningPoints });
  }

  open(parts: MsrpSessionParts): MsrpSession {
    return new EndpointSession(parts, this.#surroundings);
  }

  authenticate(parts: RelayParts): Promise<RelayAccess> {
    return authenticateAt(parts, {
      clock: this.#clock,
      chance: this.#chance,
      connections: this.#shared,
    });
  }

  async stop(): Promise<void> {
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
    await this.#connections.stop();
  }

  #register(text: string, session: SessionDriver | undefined): void {
    const uri = parseMsrpUri(text);
    if (!uri.ok) throw new TypeError(`not an MSRP URI: ${text}`);
    const key = msrpUriKeyOf(uri.value);
    if (session) this.#sessions.set(key, session);
    else this.#sessions.delete(key);
  }
}
