import { createHash } from "node:crypto";
import {
  createRequest,
  createResponse,
  type Digester,
  type Flow,
  type IncomingRequest,
  type ListeningPoint,
  type Outcome,
  type SentInvite,
  type SipRequest,
  type SipResponse,
  type SipStack,
  type Target,
} from "@heliograph/sip";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import { Client } from "../src/client.js";
import { Credentials } from "../src/credentials.js";
import { PagerSender } from "../src/pager-sender.js";
import { ClientRegistration } from "../src/registration.js";
import { requestSender } from "../src/request-sender.js";
import { LocalEnds } from "../src/session/local-ends.js";
import { defaultSessionLimits, type SessionLimits } from "../src/session/session-context.js";
import { ScriptedDialogs } from "./given-dialogs.js";
import { ScriptedEndpoints } from "./given-media.js";

/** What the server answers to a request. */
export type Script = (request: SipRequest) => Outcome;

/** An answer with a status and header fields. */
export const answers =
  (status: number, headers: readonly (readonly [string, string])[] = []): Script =>
  (request) => ({ kind: "response", response: createResponse(request, status, { headers }) });

const flow: Flow = {
  id: "tcp,1",
  transport: "tcp",
  localAddress: "127.0.0.1",
  localPort: 5070,
  remoteAddress: "127.0.0.1",
  remotePort: 5060,
};

/** The scripted stack: each request takes the next answer, and the last one for ever. */
class ScriptedStack implements SipStack {
  readonly listeningPoints: readonly ListeningPoint[] = [
    { transport: "udp", address: "127.0.0.1", port: 5070 },
  ];
  readonly sent: SipRequest[] = [];
  readonly targets: Target[] = [];
  script: Script[] = [answers(200)];
  isStarted = false;
  isStopped = false;
  #handle: (incoming: IncomingRequest) => void = () => undefined;

  start(): Promise<void> {
    this.isStarted = true;
    return Promise.resolve();
  }
  onRequest(handle: (incoming: IncomingRequest) => void): void {
    this.#handle = handle;
  }
  onFlowClosed(): void {}
  flowOf(): undefined {
    return undefined;
  }
  send(request: SipRequest, target: Target): Promise<Outcome> {
    this.sent.push(request);
    this.targets.push(target);
    const answer = this.script.length > 1 ? this.script.shift() : this.script[0];
    return Promise.resolve(answer ? answer(request) : { kind: "silent" });
  }
  invite(): SentInvite {
    throw new Error("no INVITE is scripted");
  }
  drain(): Promise<void> {
    return Promise.resolve();
  }
  stop(): Promise<void> {
    this.isStopped = true;
    return Promise.resolve();
  }

  /** Hands in a request; its answers appear in the array. */
  receive(request: SipRequest): SipResponse[] {
    const given: SipResponse[] = [];
    this.#handle({ request, flow, respond: (response) => void given.push(response) });
    return given;
  }
}

/** Hashes with node's crypto. */
export const digester: Digester = {
  hash: (algorithm, text) => createHash(hashNames[algorithm]).update(text).digest("hex"),
};
const hashNames = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" } as const;

/** Bob's client on a scripted stack. */
export function given({
  password,
  transports = ["tcp"],
  limits = {},
}: {
  readonly password?: string;
  readonly transports?: readonly "tcp"[];
  readonly limits?: Partial<SessionLimits>;
} = {}) {
  const stack = new ScriptedStack();
  const clock = new FakeClock();
  const chance = new PredictableChance();
  const aor = "sip:bob@example.org";
  const target = () => ({ kind: "uri" as const, uri: "sip:127.0.0.1:5060" });
  const credentials =
    password === undefined ? undefined : new Credentials({ username: "bob", password, digester, chance });
  const send = requestSender({ stack, credentials });
  const registration = new ClientRegistration({
    send,
    clock,
    chance,
    aor,
    domain: "example.org",
    contact: () => "<sip:bob@127.0.0.1:5070>",
    target,
    expiresS: 600,
  });
  const dialogs = new ScriptedDialogs();
  const endpoints = new ScriptedEndpoints("127.0.0.1", transports);
  const common = { clock, chance, aor, displayName: 'Bob "B"', target };
  const client = new Client({
    ...common,
    stack,
    dialogs,
    pager: new PagerSender({ ...common, send }),
    registration,
    sessions: {
      ...common,
      credentials,
      contactUri: () => "sip:bob@127.0.0.1:5070",
      ends: () => Promise.resolve(new LocalEnds(endpoints)),
      transport: "tcp",
      resolveNames: () => Promise.resolve(new Map()),
      limits: { ...defaultSessionLimits, ...limits },
    },
    deferredService: "sip:deferred@example.org",
    pagerLimitBytes: 1_300,
    stopMedia: () => endpoints.stop(),
    ended: () => undefined,
  });
  return { client, stack, clock, dialogs, endpoints };
}

/** Lets promises that are due settle. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A MESSAGE from alice to bob. */
export function incoming(parts: {
  readonly contentType?: string;
  readonly body?: string | Uint8Array;
  readonly method?: string;
  readonly callId?: string;
  readonly headers?: readonly (readonly [string, string])[];
}): SipRequest {
  const { method = "MESSAGE", body = "Hello", contentType = "text/plain", callId = "c1" } = parts;
  return createRequest({
    method,
    requestUri: "sip:bob@127.0.0.1:5070",
    headers: [
      ["Via", "SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKx"],
      ["From", "<sip:alice@example.org>;tag=a"],
      ["To", "<sip:bob@example.org>"],
      ["Call-ID", callId],
      ["CSeq", `1 ${method}`],
      ["P-Asserted-Identity", "<sip:alice@example.org>"],
      ...(parts.headers ?? []),
      ["Content-Type", contentType],
    ],
    body: typeof body === "string" ? new TextEncoder().encode(body) : body,
  });
}

/** A text in message/cpim, with a Message-ID and what its sender wants. */
export function cpim(wants = "", more: readonly string[] = []): string {
  return [
    "From: <sip:alice@example.org>",
    "To: <sip:bob@example.org>",
    "DateTime: 2026-01-02T03:04:05Z",
    "NS: imdn <urn:ietf:params:imdn>",
    "imdn.Message-ID: m1",
    ...(wants === "" ? [] : [`imdn.Disposition-Notification: ${wants}`]),
    ...more,
    "",
    "Content-Type: text/plain",
    "",
    "Hello",
  ].join("\r\n");
}

/** The body of a request as text. */
export const textOf = (request: SipRequest | undefined): string => new TextDecoder().decode(request?.body);
