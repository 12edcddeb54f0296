import type { Chance, Clock } from "@heliograph/kernel";
import type { TransportName } from "@heliograph/sip";
import type { OwnRelay } from "./session/local-ends.js";
import type { MediaTransport } from "./session/media-transport.js";
import type { SessionLimits } from "./session/session-context.js";

/** What a client needs to know. Everything but `aor` has a default that works. */
export interface ClientOptions {
  /** The user's address of record: `sip:alice@example.org`. */
  readonly aor: string;
  /** Shown to others beside the address. */
  readonly displayName?: string;
  /** For digest authentication; the username defaults to the user part of the address of record. */
  readonly username?: string;
  readonly password?: string;
  /** Where requests go first: `sip:127.0.0.1:5060;transport=tcp`. Default: where the domain leads (RFC 3263). */
  readonly server?: string;
  /** How the server is reached when `server` does not say. Default `udp`. */
  readonly transport?: TransportName;
  /** Local address. Default `127.0.0.1` towards a loopback server, otherwise `0.0.0.0`. */
  readonly localAddress?: string;
  /** Local port over UDP. Default: a free one. */
  readonly localPort?: number;
  /** The URN of the device, the same after every start. Default: a new one. @spec CL-01 */
  readonly instance?: string;
  /** How long a registration is asked for, in seconds. Default 600. */
  readonly expiresS?: number;
  /** Whether a server certificate must be signed by an authority that this machine knows. Default true. */
  readonly verifiesCertificate?: boolean;
  /** The largest MESSAGE; a longer text goes in a session of its own. Default 1300. @spec CL-10 @spec CL-11 */
  readonly pagerLimitBytes?: number;
  /** What keeps our messages while we are away. Default `sip:deferred@` the domain. @spec DF-30 */
  readonly deferredService?: string;
  readonly media?: MediaOptions;
  readonly clock?: Clock;
  readonly chance?: Chance;
}

/** How a client carries what is said in sessions. */
export interface MediaOptions {
  /** What the media goes over. Default: TLS with SIP over TLS, WebSocket with SIP over WebSocket, otherwise TCP. */
  readonly transport?: MediaTransport;
  /**
   * Whether others may connect to us. Default: where `localAddress` says where we are. A client that does not listen
   * connects to others, which is enough with a service that has a relay.
   */
  readonly listens?: boolean;
  /** Port for MSRP over TCP. Default: a free one. */
  readonly port?: number;
  /** PEM: with a certificate of our own, others may connect over TLS. */
  readonly identity?: { readonly key: string | Buffer; readonly cert: string | Buffer };
  /** Authorities to trust instead of the system's, PEM. */
  readonly ca?: string | Buffer;
  /** An MSRP relay of our own. @spec rfc4976#5.1 */
  readonly relay?: OwnRelay;
  readonly limits?: Partial<SessionLimits>;
}
