import { z } from "zod";
import { event, request } from "./bus.js";
import { HeaderField } from "./pager-message.js";

/** A REGISTER as the edge read it; the values are header values, not yet parsed. */
export const Registration = z.object({
  requestUri: z.string(),
  /** To header value: names the address of record. */
  to: z.string(),
  from: z.string(),
  callId: z.string(),
  cseq: z.number(),
  /** One entry a Contact (comma lists split). */
  contacts: z.array(z.string()),
  expires: z.string().optional(),
  path: z.array(z.string()),
  supported: z.array(z.string()),
  require: z.array(z.string()),
  /** Authorization header values. */
  authorization: z.array(z.string()),
  /** Method and body digest are needed by auth-int and by the digest's A2. */
  method: z.string(),
  /** `core`: third-party REGISTER from a trusted core, not to be challenged. */
  asserted: z.enum(["nobody", "core"]),
  node: z.string(),
  flowId: z.string(),
  transport: z.enum(["udp", "tcp", "tls", "ws", "wss"]),
  /** Where it came from. A UDP contact that says otherwise is behind a NAT, and is reached over its flow. */
  source: z.object({ address: z.string(), port: z.number() }).optional(),
  /** Whether the edge was the first hop (one Via): outbound may apply. @spec GEN-27 */
  firstHop: z.boolean(),
  /** Some clients give up at a challenge that they do not know. @spec GEN-32 */
  userAgent: z.string().optional(),
});
export type Registration = z.output<typeof Registration>;

/** A user whom credentials, or a registration, have proved. */
export const Identity = z.object({
  aor: z.string(),
  /** URIs that may be asserted for the user; the first is the default. */
  uris: z.array(z.string()),
});
export type Identity = z.output<typeof Identity>;

const refused = z.object({
  kind: z.literal("refused"),
  status: z.number(),
  reason: z.string(),
  headers: z.array(HeaderField),
});

const challenge = z.object({
  kind: z.literal("challenge"),
  /** WWW-Authenticate or Proxy-Authenticate values, strongest first. @spec GEN-32 */
  challenges: z.array(z.string()),
});

/** Served by `sip-core/src/handlers/register.ts`. */
export const register = request({
  subject: "im.sip-core.v1.register",
  queue: "sip-core",
  timeoutMs: 5_000,
  input: Registration,
  output: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("registered"),
      identity: Identity,
      /** Headers of the 200: Contact, Path, Service-Route, P-Associated-URI, Require, Flow-Timer, Supported, Date. */
      headers: z.array(HeaderField),
      /** When the longest-lived binding of this flow ends; absent when the request left none. */
      expiresAtMs: z.number().optional(),
    }),
    challenge,
    refused,
  ]),
});
export type RegisterReply = z.output<(typeof register)["output"]>;

/** Served by `sip-core/src/handlers/authenticate.ts`: any request but REGISTER, ACK and CANCEL. @spec GEN-31 */
export const authenticate = request({
  subject: "im.sip-core.v1.authenticate",
  queue: "sip-core",
  timeoutMs: 5_000,
  input: z.object({
    method: z.string(),
    /** The domain whose realm protects the request. */
    domain: z.string(),
    /** Authorization or Proxy-Authorization values. */
    credentials: z.array(z.string()),
    userAgent: z.string().optional(),
    /** What is the same in a request and its retry with credentials, without dots, and the CSeq that is not. */
    attempt: z.object({ name: z.string(), cseq: z.number() }).optional(),
    /** What the digest is computed with, whatever URI the credentials name or do not. @spec rfc4976#9.1 @spec MS-23 */
    digestUri: z.string().optional(),
  }),
  output: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("authenticated"),
      identity: Identity,
      /** An Authentication-Info value, which proves that we know the password too; where `digestUri` was given. @spec rfc7616#3.5 */
      authenticationInfo: z.string().optional(),
      /** The request is the retry of one that we challenged, which had this CSeq at first. */
      firstCseq: z.number().optional(),
    }),
    challenge,
    refused,
  ]),
});

/** What a subscriber may do. @spec PF-20 */
export const Profile = z.object({
  aor: z.string(),
  display: z.string().optional(),
  isBarred: z.boolean(),
  /** Sub-features the operator has provisioned. */
  services: z.array(z.enum(["pager", "large-message", "session", "conference", "file-transfer"])),
  /** Sub-features that operator or user has switched off. @spec PF-21 */
  disabled: z.array(z.string()),
  /** What becomes of a message while no device is reachable. @spec DF-02 */
  whenOffline: z.enum(["defer", "refuse"]),
  /** `store`: the user wants messages kept although devices are registered. @spec DF-02 */
  whenOnline: z.enum(["deliver", "store"]),
  allowsAnonymous: z.boolean(),
  /** Sessions are answered for the user before a device answers; absent: they are not. @spec PF-07 */
  autoAcceptsSessions: z.boolean().optional(),
});
export type Profile = z.output<typeof Profile>;

/** Served by `sip-core/src/handlers/look-up-profile.ts`; domain aliases are resolved. */
export const lookUpProfile = request({
  subject: "im.sip-core.v1.look-up-profile",
  queue: "sip-core",
  timeoutMs: 5_000,
  input: z.object({ aor: z.string() }),
  output: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("subscriber"),
      profile: Profile,
      /** The address was a temporary GRUU: of the user's devices only this instance is meant. @spec SC-14 */
      instance: z.string().optional(),
    }),
    /** The domain is ours, the user is not known. */
    z.object({ kind: z.literal("unknown-user") }),
    z.object({ kind: z.literal("foreign-domain") }),
  ]),
});

/** A domain that we serve, with its other names. */
export const Domain = z.object({ name: z.string(), aliases: z.array(z.string()) });
export type Domain = z.output<typeof Domain>;

/** Served by `sip-core/src/handlers/list-domains.ts`. */
export const listDomains = request({
  subject: "im.sip-core.v1.list-domains",
  queue: "sip-core",
  timeoutMs: 5_000,
  input: z.object({}),
  output: z.object({ domains: z.array(Domain) }),
});

const changed = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("done") }),
  z.object({ kind: z.literal("not-found"), reason: z.string() }),
  z.object({ kind: z.literal("conflict"), reason: z.string() }),
  z.object({ kind: z.literal("invalid"), reason: z.string() }),
]);

/** Served by `sip-core/src/handlers/add-domain.ts`. */
export const addDomain = request({
  subject: "im.sip-core.v1.add-domain",
  queue: "sip-core",
  timeoutMs: 5_000,
  input: Domain,
  output: changed,
});

/** Served by `sip-core/src/handlers/remove-domain.ts`; a domain that still has subscribers is a conflict. */
export const removeDomain = request({
  subject: "im.sip-core.v1.remove-domain",
  queue: "sip-core",
  timeoutMs: 5_000,
  input: z.object({ name: z.string() }),
  output: changed,
});

/** Served by `sip-core/src/handlers/add-subscriber.ts`. */
export const addSubscriber = request({
  subject: "im.sip-core.v1.add-subscriber",
  queue: "sip-core",
  timeoutMs: 5_000,
  input: z.object({ aor: z.string(), password: z.string(), display: z.string().optional() }),
  output: changed,
});

/** Served by `sip-core/src/handlers/change-subscriber.ts`: what is absent stays as it is. */
export const changeSubscriber = request({
  subject: "im.sip-core.v1.change-subscriber",
  queue: "sip-core",
  timeoutMs: 5_000,
  input: z.object({ aor: z.string(), autoAcceptsSessions: z.boolean().optional() }),
  output: changed,
});

/** Served by `sip-core/src/handlers/remove-subscriber.ts`: bindings go too. */
export const removeSubscriber = request({
  subject: "im.sip-core.v1.remove-subscriber",
  queue: "sip-core",
  timeoutMs: 5_000,
  input: z.object({ aor: z.string() }),
  output: changed,
});

/** Served by `sip-core/src/handlers/list-subscribers.ts`, by name, a page at a time. */
export const listSubscribers = request({
  subject: "im.sip-core.v1.list-subscribers",
  queue: "sip-core",
  timeoutMs: 5_000,
  input: z.object({ domain: z.string().optional(), after: z.string().optional(), limit: z.number() }),
  output: z.object({
    subscribers: z.array(
      z.object({
        aor: z.string(),
        display: z.string().optional(),
        isBarred: z.boolean(),
        autoAcceptsSessions: z.boolean().optional(),
        bindings: z.number(),
      }),
    ),
  }),
});

/** Served by `sip-core/src/handlers/close-flow.ts`: the bindings on a closed flow are gone. @spec GEN-30 */
export const closeFlow = request({
  subject: "im.sip-core.v1.close-flow",
  queue: "sip-core",
  timeoutMs: 5_000,
  input: z.object({ node: z.string(), flowId: z.string(), aors: z.array(z.string()) }),
  output: z.object({}),
});

/** Served by `sip-core/src/handlers/report-status.ts`. */
export const reportStatus = request({
  subject: "im.sip-core.v1.report-status",
  queue: "sip-core",
  timeoutMs: 5_000,
  input: z.object({}),
  output: z.object({ subscribers: z.number(), domains: z.number(), registeredUsers: z.number() }),
});

/** A user has registered a device, or refreshed it: what waits for the user may be pushed. */
export const userAvailable = event({
  subject: "im.sip-core.v1.user-available",
  fact: z.object({ aor: z.string() }),
});

/** A registration that is no more: which device had it. */
export const RemovedBinding = z.object({ contact: z.string(), instance: z.string().optional() });
export type RemovedBinding = z.output<typeof RemovedBinding>;

/** What was removed of a user's registrations. */
export const RegistrationRemoved = z.object({
  aor: z.string(),
  removed: z.array(RemovedBinding),
  /** The user was removed, not only registrations. */
  isUserRemoved: z.boolean(),
});
export type RegistrationRemoved = z.output<typeof RegistrationRemoved>;

/** A user has removed registrations, or was removed: sessions of those devices end. Not told of what ran out, nor of a flow that closed. @spec PF-11 */
export const registrationRemoved = event({
  subject: "im.sip-core.v1.registration-removed",
  fact: RegistrationRemoved,
});

/** A subscriber or domain was added, changed or removed: caches forget it. Without `aor`, everything. */
export const subscriberChanged = event({
  subject: "im.sip-core.v1.subscriber-changed",
  fact: z.object({ aor: z.string().optional() }),
});
