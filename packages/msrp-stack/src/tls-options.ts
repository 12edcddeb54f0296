import { isIP } from "node:net";
import type { ConnectionOptions, TlsOptions } from "node:tls";
import { type Credentials, listening, presenting } from "@heliograph/sockets";

/**
 * How our TLS listeners present themselves. Client certificates are asked for where `asks` says so: a browser gives a
 * WebSocket up when it is asked for one.
 *
 * @spec rfc4976#6.3 @spec MS-12
 */
export function serverTlsOptions(identity: Credentials | undefined, asks: boolean): TlsOptions {
  return listening(identity, asks);
}

/** How we connect to a TLS server. Its certificate is looked at when the handshake is done. @spec rfc4975#14.2 @spec MS-12 */
export function clientTlsOptions(identity: Credentials | undefined, name: string): ConnectionOptions {
  return {
    ...presenting(identity ?? {}),
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(isIP(name) === 0 ? { servername: name } : {}),
  };
}
