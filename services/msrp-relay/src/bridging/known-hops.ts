import { connectionKeyOf, parseMsrpUri } from "@heliograph/msrp";
import { type MsrpConnection, matchesFingerprint } from "@heliograph/msrp-stack";
import type { ConnectTarget, Fingerprint } from "@heliograph/sdp";
import type { Line } from "./line.js";

/**
 * Connections that others opened to us and that lead where an end of theirs is: who has to be connected to at the same
 * host, port and scheme is reached over them. A description says of itself where it is, so that this is only believed
 * of an address that the connection comes from, or of a certificate.
 *
 * @spec rfc4975#5.4
 * @spec MS-13
 */
export class KnownHops {
  readonly #lines = new Map<string, Line>();

  /** An end with this path has bound a connection. */
  learn(line: Line, [hop = ""]: readonly string[]): void {
    const { connection } = line;
    const uri = parseMsrpUri(hop);
    if (connection.openedBy === "us" || !uri.ok || uri.value.transport !== "tcp") return;
    const isSecure = uri.value.scheme === "msrps";
    if (isSecure !== (connection.transport === "tls")) return;
    const key = connectionKeyOf(uri.value);
    if (!isSecure && connection.remoteAddress !== uri.value.host) return;
    if (this.#lines.get(key) === line) return;
    this.#lines.set(key, line);
    connection.onClosed(() => {
      if (this.#lines.get(key) === line) this.#lines.delete(key);
    });
  }

  /** The connection that leads there. */
  find(target: ConnectTarget, fingerprints: readonly Fingerprint[]): Line | undefined {
    const { host, port, isSecure } = target;
    const authority = host.includes(":") ? `[${host}]` : host;
    const uri = parseMsrpUri(`${isSecure ? "msrps" : "msrp"}://${authority}:${port};tcp`);
    const line = uri.ok ? this.#lines.get(connectionKeyOf(uri.value)) : undefined;
    if (line === undefined || line.isClosed) return undefined;
    return !isSecure || isProved(line.connection, host, fingerprints) ? line : undefined;
  }
}

/** @spec MS-12 */
function isProved(
  { peerCertificate }: MsrpConnection,
  host: string,
  fingerprints: readonly Fingerprint[],
): boolean {
  if (peerCertificate === undefined) return false;
  if (fingerprints.length > 0) return matchesFingerprint(peerCertificate, fingerprints);
  return peerCertificate.isTrusted && peerCertificate.names.includes(host);
}
