import type { Uri } from "@heliograph/sip";
import type { RegistrationRequest } from "./registration-request.js";

/** How a device registered, as far as it matters for reaching it. */
export type FlowSituation = Pick<RegistrationRequest, "transport" | "source" | "firstHop" | "flowId"> & {
  readonly isOutbound: boolean;
};

/**
 * The flow over which a device must be reached, or undefined where its contact says enough: it sent the REGISTER
 * itself, and over a connection, as outbound, or from another address than its contact names (NAT).
 *
 * @spec rfc5626#6 @spec rfc3581#4 @spec SC-15
 */
export function decideFlow(contact: Uri, situation: FlowSituation): string | undefined {
  const { transport, source, firstHop, flowId, isOutbound } = situation;
  if (!firstHop) return undefined;
  if (transport !== "udp" || isOutbound || source === undefined) return flowId;
  return isSameAddress(contact, source) ? undefined : flowId;
}

const defaultPort = 5060;

/** A contact that asks for another transport is at home where it says, if it says the address that we saw. */
function isSameAddress(contact: Uri, source: { readonly address: string; readonly port: number }): boolean {
  if (contact.scheme !== "sip" || contact.params.has("maddr")) return false;
  const isUdp = (contact.params.get("transport") ?? "udp").toLowerCase() === "udp";
  return (
    contact.host === source.address.toLowerCase() && (!isUdp || (contact.port ?? defaultPort) === source.port)
  );
}
