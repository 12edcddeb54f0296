import type { Chance, Clock } from "@heliograph/kernel";
import type { TransportName } from "@heliograph/sip";

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
  readonly clock?: Clock;
  readonly chance?: Chance;
}
