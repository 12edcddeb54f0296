import { err, ok, type Result } from "@heliograph/kernel";
import { parseHostPort } from "@heliograph/sip";

/** Where the store takes MSRP. The relay stands before it, so that plain TCP is enough. */
export interface MsrpListeningPoint {
  readonly transport: "tcp";
  readonly address: string;
  readonly port: number;
}

/** Reads `tcp:address:port`, an IPv6 address in brackets; port 0 takes a free one. */
export function parseMsrpListeningPoint(text: string): Result<MsrpListeningPoint, { readonly rule: string }> {
  if (!/^tcp:/i.test(text)) return err({ rule: "tcp" });
  const hostPort = parseHostPort(text, 4);
  if (!hostPort.ok) return hostPort;
  const { host, port } = hostPort.value;
  return port === undefined ? err({ rule: "port" }) : ok({ transport: "tcp", address: host, port });
}
