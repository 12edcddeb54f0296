import type { TlsOptions } from "node:tls";

/** Who we are over TLS, and whom we trust; PEM. */
export interface Credentials {
  readonly key?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  /** Authorities trusted instead of the system's. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
}

/** Options that present us; TLS 1.2 at least. */
export function presenting({
  key,
  cert,
  ca,
}: Credentials): Pick<TlsOptions, "key" | "cert" | "ca" | "minVersion"> {
  return {
    ...(key ? { key } : {}),
    ...(cert ? { cert } : {}),
    ...(ca ? { ca: typeof ca === "string" || Buffer.isBuffer(ca) ? ca : [...ca] } : {}),
    minVersion: "TLSv1.2",
  };
}

/** The same for a listener, which has to present something. Client certificates may be asked for and are never demanded. */
export function listening(credentials: Credentials | undefined, asksClients: boolean): TlsOptions {
  if (!credentials?.key || !credentials.cert)
    throw new Error("a TLS or WSS listener needs a key and a certificate");
  return { ...presenting(credentials), requestCert: asksClients, rejectUnauthorized: false };
}
