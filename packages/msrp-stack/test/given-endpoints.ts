import type { IncomingHead, MessageTaker, WholeMessage } from "@heliograph/msrp";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import {
  createMsrpEndpoints,
  type MsrpEndpointsOptions,
  type MsrpSession,
  type MsrpSessionParts,
  type MsrpTransportName,
} from "../src/index.js";
import { atEnd } from "./given.js";

let serial = 0;

/** End points of ours on loopback. Their chance makes names that no others have. */
export async function givenEndpoints(
  options: Partial<MsrpEndpointsOptions> & { readonly transports?: readonly MsrpTransportName[] } = {},
) {
  const { transports = ["tcp"], ...rest } = options;
  const listen = transports.map((transport) => ({ transport, address: "127.0.0.1", port: 0 }));
  const clock = new FakeClock();
  serial += 1;
  const chance = new PredictableChance(`e${serial}xxxxxxxxxxxxxxxxx`);
  const endpoints = createMsrpEndpoints({ listen, clock, chance, ...rest });
  atEnd(() => endpoints.stop());
  await endpoints.start();
  const portOf = (transport: MsrpTransportName = transports[0] ?? "tcp"): number =>
    endpoints.listeningPoints.find((point) => point.transport === transport)?.port ?? 0;
  return { endpoints, clock, portOf };
}

/** Parts of a session with what differs. */
export function partsOf(uri: string, peer: string, rest: Partial<MsrpSessionParts> = {}): MsrpSessionParts {
  return {
    uri,
    peerPath: [peer],
    role: "passive",
    direction: "sendrecv",
    acceptTypes: ["*"],
    acceptWrappedTypes: ["*"],
    maxMessageBytes: 1 << 20,
    ...rest,
  };
}

/** A session, and what came on it. */
export function watch(session: MsrpSession) {
  const messages: WholeMessage[] = [];
  let failed: string | undefined;
  session.onMessage((message) => void messages.push(message));
  session.onFailed((reason) => (failed = reason));
  return {
    session,
    messages,
    texts: () => messages.map(({ content }) => Buffer.from(content).toString("latin1")),
    failed: () => failed,
  };
}

/** Two end points with a session between them: `alice` connects, `bob` listens. */
export async function givenSession(
  transport: MsrpTransportName = "tcp",
  options: {
    readonly alice?: Partial<MsrpSessionParts>;
    readonly bob?: Partial<MsrpSessionParts>;
    readonly aliceOptions?: Partial<MsrpEndpointsOptions>;
    readonly bobOptions?: Partial<MsrpEndpointsOptions>;
  } = {},
) {
  const listening = await givenEndpoints({ transports: [transport], ...options.bobOptions });
  const dialling = await givenEndpoints({ transports: [], ...options.aliceOptions });
  const reach = transport === "tcp" || transport === "tls" ? transport : "ws";
  const [own, peer] = [dialling.endpoints.createUri(reach), listening.endpoints.createUri(reach)];
  const bobParts = partsOf(peer, own, options.bob);
  const aliceParts = partsOf(own, peer, { role: "active", ...options.alice });
  const bob = watch(listening.endpoints.open(bobParts));
  const alice = watch(dialling.endpoints.open(aliceParts));
  return { alice, bob, aliceParts, bobParts, dialling, listening };
}

/** A taker that keeps what it is given, and is slow or fails where it is told to be. */
export class KeptPieces implements MessageTaker {
  readonly heldOctets: number;
  readonly octets: Uint8Array;
  size: number | undefined;
  abandoned: string | undefined;
  bytes = 0;
  onWrite: (() => void | Promise<void>) | undefined;
  onComplete: (() => Promise<void>) | undefined;

  constructor(
    readonly head: IncomingHead,
    held: Uint8Array = new Uint8Array(0),
    room = 1 << 20,
  ) {
    this.octets = new Uint8Array(room);
    this.octets.set(held);
    this.heldOctets = held.length;
  }

  write(at: number, octets: Uint8Array): void | Promise<void> {
    if (at + octets.length <= this.octets.length) this.octets.set(octets, at);
    this.bytes += octets.length;
    return this.onWrite?.();
  }

  async complete(size: number): Promise<void> {
    await this.onComplete?.();
    this.size = size;
  }

  abandon(reason: string): void {
    this.abandoned = reason;
  }
}
