import { type PagerMessage, participating } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { type Answer, answerToSubmission, noDialog, noUser } from "../domain/answer.js";
import { answeredVector } from "../domain/charging-vector.js";
import { checkMessage, type MessageRules } from "../domain/check-message.js";
import type { MessageIds } from "../domain/message-ids.js";
import type { OpenRequests } from "../domain/open-requests.js";
import { privacyOf } from "../domain/privacy.js";
import { readPagerMessage } from "../domain/read-pager-message.js";
import { repeated } from "../domain/repeated.js";
import type { Events, Refusal } from "../events.js";
import type { Reply, Services, UseCase } from "../ports.js";
import type { Established, identify } from "./identify.js";
import type { Asked, readRequest } from "./read-request.js";
import type { relayOverFlow } from "./relay-over-flow.js";

interface Deps {
  readonly bus: Services;
  readonly read: ReturnType<typeof readRequest>;
  readonly identify: ReturnType<typeof identify>;
  readonly relayOverFlow: ReturnType<typeof relayOverFlow>;
  readonly openRequests: OpenRequests;
  readonly ids: MessageIds;
  readonly clock: Pick<Clock, "nowMs">;
  readonly events: Events;
  readonly rules: MessageRules;
  /** Our name in Warning and in charging vectors. */
  readonly host: string;
}

/**
 * Takes a pager-mode MESSAGE.
 *
 * Goes on to `participating/src/handlers/originate-pager-message.ts` when its sender is one of our users, else to
 * `participating/src/handlers/terminate-pager-message.ts`.
 *
 * @spec GEN-04 @spec GEN-09 @spec PF-01 @spec PF-02 @spec PF-54 @spec rfc3428#7
 */
export function receiveMessage(deps: Deps): UseCase {
  const { openRequests, events } = deps;
  return async (incoming) => {
    const receivedAtMs = deps.clock.nowMs();
    const { request } = incoming;
    const asked = deps.read(incoming);
    if (asked.kind === "answer") return asked.answer;
    if (isForLostDialog(asked)) return refuse(noDialog, "malformed");
    const found = await deps.identify(asked);
    if (found.kind === "answer") return found.answer;
    const refusal = checkMessage(request, deps.rules, asked.source.kind === "core");
    if (refusal) return refuse(refusal.answer, refusal.why);
    const message = toMessage({ asked, found, receivedAtMs }, deps);
    if (asked.isForFlow) return deps.relayOverFlow(asked, message);
    if (!found.recipient) return refuse(noUser, "malformed");
    const close = openRequests.open(request, message.requestUri, found.direction);
    if (!close) return refuse(repeated(request, asked.book), "loop");
    try {
      return await submit(message, found.direction, asked);
    } finally {
      close();
    }
  };

  async function submit(message: PagerMessage, direction: Direction, asked: Asked): Promise<Reply> {
    const answer = answerToSubmission(await deps.bus.request(subjects[direction], {}, message), deps.host);
    if (asked.source.kind !== "core") return answer;
    const vector = answeredVector(message, asked.book.domains);
    return { ...answer, headers: [...(answer.headers ?? []), ...vector] };
  }

  function refuse(answer: Answer, why: Refusal): Answer {
    events.refused(why);
    return answer;
  }
}

/** A message to us that names a dialog: who sends it believes in a session that we have lost. @spec GEN-39 @spec R-sip-edge-16 */
function isForLostDialog({ incoming, address, isForFlow }: Asked): boolean {
  return incoming.request.to.params.has("tag") && !address.recipient && !isForFlow;
}

type Direction = Established["direction"];

const subjects = {
  originate: participating.originatePagerMessage,
  terminate: participating.terminatePagerMessage,
} as const;

interface Read {
  readonly asked: Asked;
  readonly found: Established;
  readonly receivedAtMs: number;
}

function toMessage(
  { asked, found, receivedAtMs }: Read,
  { ids, host }: Pick<Deps, "ids" | "host">,
): PagerMessage {
  const { incoming, address, book, source } = asked;
  const isFromCore = source.kind === "core";
  return readPagerMessage(incoming.request, {
    id: ids.next(),
    receivedAtMs,
    transport: incoming.flow.transport,
    requestUri: address.requestUri,
    recipient: found.recipient?.aor ?? "",
    sender: found.sender,
    firstCseq: found.firstCseq,
    privacy: privacyOf(incoming.request.headers),
    route: isFromCore ? address.route : [],
    isFromCore,
    host,
    network: book.domains.partyOfAor(found.sender.aor).domain ?? host,
    isOwnRealm: (realm) => book.domains.nameOf(realm.toLowerCase()) !== undefined,
  });
}
