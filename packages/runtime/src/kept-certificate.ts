import { randomBytes } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { ConfigError } from "./config-error.js";
import { makeFolder } from "./make-folder.js";

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
 * that a client which accepted it sees the same again. Whoever comes first of several makes it. Throws `ConfigError` where
 * the operator's files are none. @spec GEN-01
 */
export async function keptCertificate(
  { keyFile, certFile, dataDir }: CertificateSource,
  hosts: readonly string[],
): Promise<Certificate> {
  if (keyFile !== undefined && certFile !== undefined) return readNamed(keyFile, certFile);
  if (keyFile !== undefined || certFile !== undefined)
    throw new ConfigError(["TLS_KEY and TLS_CERT go together: set both or none"]);
  const folder = join(dataDir, "tls");
  const kept = () => readPair(join(folder, "key.pem"), join(folder, "cert.pem"));
  try {
    return await kept();
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
  }
  await keep(folder, await selfSigned(hosts));
  return kept();
}

/** Both files appear at once, or those of another who was faster stay. */
async function keep(folder: string, { key, cert }: Certificate): Promise<void> {
  const draft = `${folder}.${randomBytes(6).toString("hex")}`;
  // Others with data of their own below, such as Postgres' account, pass through; the key is for us alone.
  makeFolder(draft, 0o711);
  await writeFile(join(draft, "key.pem"), key, { mode: 0o600 });
  await writeFile(join(draft, "cert.pem"), cert);
  try {
    await rename(draft, folder);
  } catch {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The operator's pair: there, in PEM, and made for one another. */
async function readNamed(keyFile: string, certFile: string): Promise<Certificate> {
  const [key, cert] = await Promise.allSettled([readFile(keyFile, "utf8"), readFile(certFile, "utf8")]);
  if (key.status === "rejected" || cert.status === "rejected")
    throw new ConfigError([...unreadable("TLS_KEY", key), ...unreadable("TLS_CERT", cert)]);
  const pair = { key: key.value, cert: cert.value };
  try {
    createSecureContext(pair);
  } catch (cause) {
    const names = `TLS_KEY and TLS_CERT: ${keyFile} and ${certFile}`;
    throw new ConfigError([`${names} must be a private key and its certificate in PEM (${wordsOf(cause)})`]);
  }
  return pair;
}

function unreadable(setting: string, read: PromiseSettledResult<string>): readonly string[] {
  return read.status === "fulfilled" ? [] : [`${setting} cannot be read (${wordsOf(read.reason)})`];
}

const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

async function readPair(keyFile: string, certFile: string): Promise<Certificate> {
  const [key, cert] = await Promise.all([readFile(keyFile, "utf8"), readFile(certFile, "utf8")]);
  return { key, cert };
}

async function selfSigned(hosts: readonly string[]): Promise<Certificate> {
  const { generate } = await import("selfsigned");
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
