import { isIP } from "node:net";
import type { ConnectionOptions, TlsOptions } from "node:tls";
import { listening, presenting } from "@heliograph/sockets";
import type { TlsIdentity } from "./stack-options.js";

/** How our TLS listeners present themselves. */
export function serverTlsOptions(identity: TlsIdentity | undefined): TlsOptions {
  return listening(identity, identity?.asksClientCertificate ?? false);
}

/**
 * How we connect to a TLS server: its certificate has to be valid for the name that was resolved, or for the
 * address where there was none.
 *
 * @spec rfc3263#4.1 @spec rfc3261#26.3.1
 */
export function clientTlsOptions(identity: TlsIdentity | undefined, serverName: string): ConnectionOptions {
  return {
    ...presenting(identity ?? {}),
    rejectUnauthorized: !(identity?.trustsAnyServer ?? false),
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
  };
}
