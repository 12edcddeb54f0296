import { isIP } from "node:net";
import type { ConnectionOptions, TlsOptions } from "node:tls";
import type { TlsIdentity } from "./stack-options.js";

/** How our TLS listeners present themselves. Client certificates are looked at and never demanded. */
export function serverTlsOptions(identity: TlsIdentity | undefined): TlsOptions {
  if (!identity?.key || !identity.cert)
    throw new Error("a TLS or WSS listener needs a key and a certificate");
  return {
    ...credentialsOf(identity),
    minVersion: "TLSv1.2",
    requestCert: identity.asksClientCertificate ?? false,
    rejectUnauthorized: false,
  };
}

/**
 * How we connect to a TLS server: its certificate has to be valid for the name that was resolved, or for the
 * address where there was none.
 *
 * @spec rfc3263#4.1 @spec rfc3261#26.3.1
 */
export function clientTlsOptions(identity: TlsIdentity | undefined, serverName: string): ConnectionOptions {
  return {
    ...credentialsOf(identity),
    minVersion: "TLSv1.2",
    rejectUnauthorized: !(identity?.trustsAnyServer ?? false),
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
  };
}

function credentialsOf(identity: TlsIdentity | undefined): Pick<TlsOptions, "key" | "cert" | "ca"> {
  const ca = identity?.ca;
  return {
    ...(identity?.key ? { key: identity.key } : {}),
    ...(identity?.cert ? { cert: identity.cert } : {}),
    ...(ca ? { ca: typeof ca === "string" || Buffer.isBuffer(ca) ? ca : [...ca] } : {}),
  };
}
