import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";

/** Private key and certificate chain, PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Where a certificate comes from. */
export interface CertificateSource {
  readonly keyFile: string | undefined;
  readonly certFile: string | undefined;
  readonly dataDir: string;
}

/**
 * The certificate that the operator names; else one that signs itself, made once and kept in the data folder, so
 * that a client which accepted it sees the same again. @spec GEN-01
 */
export async function certificateOf(
  { keyFile, certFile, dataDir }: CertificateSource,
  hosts: readonly string[],
): Promise<Certificate> {
  if (keyFile !== undefined && certFile !== undefined) return readPair(keyFile, certFile);
  if (keyFile !== undefined || certFile !== undefined)
    throw new Error("TLS_KEY and TLS_CERT go together: set both or none");
  const folder = join(dataDir, "tls");
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    return await readPair(key, cert);
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
  }
  const made = await selfSigned(hosts);
  // Others with data of their own below, such as Postgres' account, pass through; the key is for us alone.
  await mkdir(folder, { recursive: true, mode: 0o711 });
  await writeFile(key, made.key, { mode: 0o600 });
  await writeFile(cert, made.cert);
  return made;
}

async function readPair(keyFile: string, certFile: string): Promise<Certificate> {
  const [key, cert] = await Promise.all([readFile(keyFile, "utf8"), readFile(certFile, "utf8")]);
  return { key, cert };
}

async function selfSigned(hosts: readonly string[]): Promise<Certificate> {
  const names = [...new Set(["localhost", ...hosts])];
  const altNames = names.map((name) =>
    isAddress(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
  );
  const notAfterDate = new Date(Date.now() + 10 * 365 * 86_400_000);
  const made = await generate([{ name: "commonName", value: names[1] ?? "localhost" }], {
    algorithm: "sha256",
    keyType: "ec",
    notAfterDate,
    extensions: [{ name: "subjectAltName", altNames }],
  });
  return { key: made.private, cert: made.cert };
}

const isAddress = (name: string): boolean => name.includes(":") || /^[\d.]+$/.test(name);

const isMissing = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && cause.code === "ENOENT";
