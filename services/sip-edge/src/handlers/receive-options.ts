import { sipCore } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import type { Flow } from "@heliograph/sip";
import { type Answer, noDialog } from "../domain/answer.js";
import { capabilitiesAt } from "../domain/capabilities.js";
import { checkHeaders, checkOwnBody, type Priorities } from "../domain/check-request.js";
import type { Events } from "../events.js";
import type { Services, UseCase } from "../ports.js";
import type { identify } from "./identify.js";
import type { readRequest } from "./read-request.js";

interface Deps {
  readonly bus: Services;
  readonly read: ReturnType<typeof readRequest>;
  readonly identify: ReturnType<typeof identify>;
  readonly events: Events;
  readonly priorities: Priorities;
}

/**
 * Tells what the service can do: to anybody who asks the server, and on behalf of a user to whoever may write to
 * that user. The answer for a user is the service's: messages are taken whether a device is there or not. Whoever asks
 * inside a dialog wants to know whether it lives; those that do have answered before.
 *
 * @spec GEN-20 @spec GEN-04 @spec GEN-39 @spec rfc3261#11.2 @spec R-sip-edge-4
 */
export function receiveOptions({ bus, read, identify, events, priorities }: Deps): UseCase {
  return async (incoming) => {
    const { request, flow } = incoming;
    if (request.to.params.has("tag")) return noDialog;
    const asked = read(incoming);
    if (asked.kind === "answer") return asked.answer;
    const { recipient } = asked.address;
    const isForServer = !recipient || isHostOf(recipient);
    const found = isForServer ? undefined : await identify(asked);
    if (found?.kind === "answer") return found.answer;
    const isTrusted = asked.source.kind === "core";
    const refusal =
      checkHeaders(request, priorities, isTrusted) ?? checkOwnBody(request, ["application/sdp"]);
    if (refusal) return refuse(refusal);
    return found?.recipient ? answerFor(found.recipient.aor, flow) : capable(flow);
  };

  async function answerFor(aor: string, flow: Flow): Promise<Answer> {
    const found = await bus.request(sipCore.lookUpProfile, {}, { aor });
    switch (found.kind) {
      case "subscriber":
        return capable(flow);
      case "unknown-user":
        return { status: 404 };
      case "foreign-domain":
        return { status: 403, reason: "Capabilities Of Other Networks Are Not Relayed" };
      default:
        return unreachable(found);
    }
  }

  function refuse(answer: Answer): Answer {
    events.refused("extension");
    return answer;
  }
}

/** A domain of ours without a user is the server too. */
function isHostOf({ aor, domain }: { readonly aor: string; readonly domain: string | undefined }): boolean {
  return domain !== undefined && !aor.includes("@");
}

function capable({ localAddress, localPort, transport }: Flow): Answer {
  const host = localAddress.includes(":") ? `[${localAddress}]` : localAddress;
  const scheme = transport === "tls" || transport === "wss" ? "sips" : "sip";
  const via =
    transport === "wss" || transport === "ws" ? ";transport=ws" : transport === "udp" ? "" : ";transport=tcp";
  return { status: 200, headers: capabilitiesAt(`${scheme}:${host}:${localPort}${via}`) };
}
