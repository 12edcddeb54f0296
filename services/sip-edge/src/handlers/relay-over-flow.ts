import type { PagerMessage } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import type { SipStack } from "@heliograph/sip";
import { type Answer, silence } from "../domain/answer.js";
import type { FlowTokens } from "../domain/flow-token.js";
import { toLegOutcome } from "../domain/leg-outcome.js";
import { type OutsidePolicy, writePagerMessage } from "../domain/write-pager-message.js";
import type { Reply } from "../ports.js";
import type { Asked } from "./read-request.js";

interface Deps {
  readonly stack: Pick<SipStack, "flowOf" | "send">;
  readonly tokens: FlowTokens;
  readonly outside: OutsidePolicy;
  readonly timeoutMs: number;
}

/**
 * Sends a MESSAGE on over the flow that our own Route names by its token: another proxy holds the registration.
 * Only a trusted core may do so; anybody else's requests go through the service.
 *
 * @spec GEN-28 @spec SC-15 @spec rfc5626#5.3.1
 */
export function relayOverFlow({ stack, tokens, outside, timeoutMs }: Deps) {
  return async ({ incoming, address, source }: Relayed, message: PagerMessage): Promise<Reply> => {
    const flow = tokens.read(address.flowToken ?? "");
    if (flow.kind === "forged") return { status: 403, reason: "Flow Token Not Issued Here" };
    if (source.kind !== "core") return { status: 403, reason: "Flow Tokens Are For The Core" };
    if (!stack.flowOf(flow.flowId)) return flowFailed;
    const leg = {
      message,
      requestUri: incoming.request.requestUri,
      route: message.route,
      trusted: false,
      timeoutMs,
    };
    const { request } = writePagerMessage(leg, outside);
    const outcome = toLegOutcome(
      await stack.send(request, { kind: "flow", flowId: flow.flowId }, { timeoutMs }),
    );
    switch (outcome.kind) {
      case "answered":
        return { status: outcome.status, reason: outcome.reason, headers: outcome.headers };
      case "silent":
        return silence;
      case "unreachable":
        return flowFailed;
      default:
        return unreachable(outcome);
    }
  };
}

type Relayed = Pick<Asked, "incoming" | "address" | "source">;

/** @spec rfc5626#11.5 */
const flowFailed: Answer = { status: 430, reason: "Flow Failed" };
