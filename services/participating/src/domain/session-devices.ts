import type { Binding, Conversation, Invitation, msrpRelay } from "@heliograph/contracts";
import { parseUri } from "@heliograph/sip";
import { featuresOf, imTag, preferredBindings } from "./caller-preferences.js";
import { type Device, toDevices } from "./device.js";
import { largeMessageTag } from "./session-facts.js";

/** The media feature of RFC 4569: takes message sessions, whatever else it knows. */
const messageTag = "+sip.message";

/**
 * The devices that an INVITE may ring, by the caller's preferences and by what they say of themselves. A contact
 * without any feature tag stays in for a session and never gets a large message; a core decides for its own devices.
 *
 * @spec PF-06 @spec PF-42 @spec GEN-09 @spec GEN-24 @spec GEN-30 @spec R-participating-13
 */
export function sessionDevices(
  bindings: readonly Binding[],
  invitation: Pick<Invitation, "headers">,
  purpose: Conversation["purpose"],
): readonly Device[] {
  const preferred = preferredBindings(bindings, invitation, "INVITE");
  return toDevices(preferred.filter((binding) => takes(purpose, binding)));
}

function takes(purpose: Conversation["purpose"], binding: Binding): boolean {
  if (binding.kind === "core") return true;
  const features = featuresOf(binding);
  if (purpose === "large-message") return features.has(largeMessageTag);
  return features.size === 0 || features.has(imTag) || features.has(messageTag);
}

/** Devices of equal preference ring together, those of the highest first. @spec PF-06 @spec rfc3261#16.6 */
export function inOrderOfPreference(devices: readonly Device[]): readonly (readonly Device[])[] {
  const groups = new Map<number, Device[]>();
  for (const device of devices) {
    const { q } = device.flows[0];
    const group = groups.get(q);
    if (group) group.push(device);
    else groups.set(q, [device]);
  }
  return [...groups].sort(([one], [other]) => other - one).map(([, group]) => group);
}

/**
 * How a device reaches a relay, by how it reaches us: WebSocket where it has nothing else, TLS where its signalling is
 * under TLS or the caller insists on it, otherwise TCP.
 *
 * @spec MS-22 @spec PF-08 @spec R-participating-14
 */
export function reachOfDevice(binding: Binding, isTlsOnly: boolean): msrpRelay.Reach {
  const transport = transportOfBinding(binding);
  if (transport === "ws" || transport === "wss") return "ws";
  return isTlsOnly || transport === "tls" ? "tls" : "tcp";
}

/** How a device is reached: as it registered; of a binding that does not tell, as its contact says. @spec rfc3263#4.1 */
export function transportOfBinding({ contact, transport }: Binding): string | undefined {
  if (transport !== undefined && transport !== "udp") return transport;
  const uri = parseUri(contact.replace(/^[^<]*<|>.*$/g, ""));
  if (!uri.ok || (uri.value.scheme !== "sip" && uri.value.scheme !== "sips")) return transport;
  const said = uri.value.params.get("transport")?.toLowerCase();
  if (said === "ws" || said === "wss") return said;
  return uri.value.scheme === "sips" ? "tls" : (said ?? transport);
}
