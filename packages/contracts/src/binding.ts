import { z } from "zod";

/**
 * Where one device (or, for users of a trusted core, the core) takes requests for an address of record.
 *
 * @spec rfc3261#10
 * @spec rfc5626#6
 */
export const Binding = z.object({
  /** `device`: registered here. `core`: third-party REGISTER by a trusted core; the request URI stays the address of record. */
  kind: z.enum(["device", "core"]),
  /** Identifies the binding within its address of record: instance and reg-id, or the canonical contact. */
  key: z.string(),
  contact: z.string(),
  instance: z.string().optional(),
  regId: z.number().optional(),
  /** 0 to 1000. */
  q: z.number(),
  expiresAtMs: z.number(),
  callId: z.string(),
  cseq: z.number(),
  /** Path, in the order in which it becomes Route. */
  path: z.array(z.string()),
  /**
   * Contact parameters as registered, feature tags among them; values without their quotes, null where there is none.
   * What has a field of its own (q, expires, +sip.instance, reg-id) is not repeated here.
   */
  params: z.array(z.tuple([z.string(), z.string().nullable()])),
  /** The edge node that received the REGISTER. */
  node: z.string(),
  /** The flow it came by, where the device must be reached over that flow (TCP, TLS, WebSocket, outbound, NAT over UDP). */
  flowId: z.string().optional(),
  /** What the REGISTER came by; absent in bindings that are older than the field. */
  transport: z.enum(["udp", "tcp", "tls", "ws", "wss"]).optional(),
  /** When it was registered, or last refreshed. */
  registeredAtMs: z.number(),
  /** Since when the instance is registered without a gap under one Call-ID: temporary GRUUs before it are void. @spec SC-14 */
  instanceSinceMs: z.number().optional(),
});
export type Binding = z.output<typeof Binding>;
