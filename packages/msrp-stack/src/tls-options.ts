import { isIP } from "node:net";
import type { ConnectionOptions, TlsOptions } from "node:tls";
import type { MsrpTlsIdentity } from "./connections-options.js";

/**
 * How our TLS listeners present themselves. Client certificates are asked for, where `asks` says so, and never demanded:
 * a browser gives a WebSocket up when it is asked for one.
 *
 * @spec rfc4976#6.3 @spec MS-12
 */
export function serverTlsOptions(identity: MsrpTlsIdentity | undefined, asks: boolean): TlsOptions {
  if (!identity?.key || !identity.cert)
    throw new Error("a TLS or WSS listener needs a key and a certificate");
  return { ...credentialsOf(identity), minVersion: "TLSv1.2", requestCert: asks, rejectUnauthorized: false };
}

/** How we connect to a TLS server. Its certificate is looked at when the handshake is done. @spec rfc4975#14.2 @spec MS-12 */
export function clientTlsOptions(identity: MsrpTlsIdentity | undefined, name: string): ConnectionOptions {
  return {
    ...credentialsOf(identity),
    minVersion: "TLSv1.2",
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(isIP(name) === 0 ? { servername: name } : {}),
  };
}

function credentialsOf(identity: MsrpTlsIdentity | undefined): Pick<TlsOptions, "key" | "cert" | "ca"> {
  const ca = identity?.ca;
  return {
    ...(identity?.key ? { key: identity.key } : {}),
    ...(identity?.cert ? { cert: identity.cert } : {}),
    ...(ca ? { ca: typeof ca === "string" || Buffer.isBuffer(ca) ? ca : [...ca] } : {}),
  };
}
