import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { FlowCertificate } from "./connection.js";

/** The certificate of a TLS socket's far end. */
export function certificateOf(socket: Socket): FlowCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const shown = socket.getPeerCertificate();
  // An empty object stands for none, whatever its type says.
  if (!shown || Object.keys(shown).length === 0) return undefined;
  const commonName: unknown = shown.subject?.CN;
  return {
    isTrusted: socket.authorized,
    commonName: typeof commonName === "string" ? commonName : undefined,
    alternativeNames: shown.subjectaltname?.split(", ") ?? [],
    fingerprint256: shown.fingerprint256,
  };
}
