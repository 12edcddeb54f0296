import { createHash, X509Certificate } from "node:crypto";
import { isIP, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type Fingerprint, fingerprintOf, strongestFingerprints } from "@heliograph/sdp";
import type { PeerCertificate } from "./connection.js";

/** What Node calls the hashes that fingerprints may be made with. @spec rfc8122#5 */
const hashes: Readonly<Record<string, string>> = {
  "sha-1": "sha1",
  "sha-224": "sha224",
  "sha-256": "sha256",
  "sha-384": "sha384",
  "sha-512": "sha512",
};

/** The last octets of a signature algorithm's identifier, and the hash that it signs with: RFC 4055 §5, RFC 5758 §3.2. */
const signatureHashes: Readonly<Record<string, string>> = {
  "2a864886f70d010105": "sha-1",
  "2a864886f70d01010e": "sha-224",
  "2a864886f70d01010b": "sha-256",
  "2a864886f70d01010c": "sha-384",
  "2a864886f70d01010d": "sha-512",
  "2a8648ce3d0401": "sha-1",
  "2a8648ce3d040301": "sha-224",
  "2a8648ce3d040302": "sha-256",
  "2a8648ce3d040303": "sha-384",
  "2a8648ce3d040304": "sha-512",
};

/** A certificate that was shown to us. Computed when it is asked for. */
class ShownCertificate implements PeerCertificate {
  readonly isTrusted: boolean;
  readonly #certificate: X509Certificate;

  constructor(certificate: X509Certificate, isTrusted: boolean) {
    this.#certificate = certificate;
    this.isTrusted = isTrusted;
  }

  get names(): readonly string[] {
    const names = this.#certificate.subjectAltName?.split(", ") ?? [];
    return names.map((name) => name.replace(/^(?:DNS|IP Address):/, ""));
  }

  digest(hash: string): Uint8Array | undefined {
    const name = hashes[hash.toLowerCase()];
    return name === undefined ? undefined : createHash(name).update(this.#certificate.raw).digest();
  }

  isFor(host: string): boolean {
    if (isIP(host) !== 0) return this.#certificate.checkIP(host) !== undefined;
    return this.#certificate.checkHost(host, { subject: "never" }) !== undefined;
  }
}

/** A client's socket gives its certificate only once. */
const shown = new WeakMap<Socket, ShownCertificate>();

/** The certificate of a TLS socket's far end. */
export function certificateOf(socket: Socket): ShownCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const known = shown.get(socket);
  if (known) return known;
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return undefined;
  const made = new ShownCertificate(certificate, socket.authorized);
  shown.set(socket, made);
  return made;
}

/**
 * Whether a certificate has one of the fingerprints, by the strongest hash that they name.
 *
 * @spec rfc8122#5.1
 * @spec rfc4975#14.4
 * @spec MS-12
 */
export function matchesFingerprint(
  certificate: PeerCertificate,
  fingerprints: readonly Fingerprint[],
): boolean {
  return strongestFingerprints(fingerprints).some(({ hash, digest }) => {
    const own = certificate.digest(hash);
    return own !== undefined && fingerprintOf(hash, own).digest === digest;
  });
}

/** What to say of our own certificate: SHA-256, and the hash of its signature. @spec rfc8122#5.1 @spec MS-12 */
export function fingerprintsOf(cert: string | Buffer): readonly Fingerprint[] {
  const { raw } = new X509Certificate(cert);
  const signature = signatureHashOf(raw);
  const names = new Set(["sha-256", ...(signature === undefined ? [] : [signature])]);
  return [...names].map((name) =>
    fingerprintOf(
      name,
      createHash(hashes[name] ?? name)
        .update(raw)
        .digest(),
    ),
  );
}

/** `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { algorithm, … }, … }`, RFC 5280 §4.1. */
function signatureHashOf(der: Buffer): string | undefined {
  const certificate = valueAt(der, 0);
  const toBeSigned = valueAt(der, certificate.start);
  const algorithm = valueAt(der, toBeSigned.end);
  const identifier = valueAt(der, algorithm.start);
  return signatureHashes[der.toString("hex", identifier.start, identifier.end)];
}

/** The octets of a DER value with its tag at `at`. */
function valueAt(der: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = der[at + 1] ?? 0;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const lengthOctets = first - 0x80;
  const start = at + 2 + lengthOctets;
  return { start, end: start + der.readUIntBE(at + 2, lengthOctets) };
}
