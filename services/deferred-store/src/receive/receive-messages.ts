import { randomBytes } from "node:crypto";
import type { PagerMessage } from "@heliograph/contracts";
import type { Chance } from "@heliograph/kernel";
import type { IncomingHead, MessageTaker, MsrpSession } from "@heliograph/msrp-stack";
import type { Cause } from "../domain/deferred-message.js";
import { expiryOf } from "../domain/expiry.js";
import type { LargeContent } from "../domain/large-content.js";
import { largeMessageOf, readHead } from "../domain/large-head.js";
import { msrpRepeatKeysOf } from "../domain/repeat-keys.js";
import type { Events } from "../events.js";
import type { Leg } from "../legs/legs.js";
import type { Contents } from "../ports.js";
import { type StoringDeps, storingOf } from "./storing-of.js";
import { type Committed, Upload, type UploadDeps } from "./upload.js";

/** What taking messages by MSRP needs. */
export interface ReceiveDeps extends StoringDeps, Pick<UploadDeps, "uploads" | "pieces"> {
  readonly contents: Contents;
  readonly chance: Pick<Chance, "token">;
  readonly events: Events;
  readonly maxKeepMs: number;
  /** Settles once live messages line up behind the queue. */
  readonly announce: (owner: string, cause: Cause) => Promise<void>;
  /** An IMDN is owed and may be sent now. */
  readonly onNotice: () => void;
}

/** What is known of the messages before they come. */
export interface Invited {
  readonly message: PagerMessage;
  readonly owner: string;
  readonly messages: "one" | "many";
}

/**
 * Takes the messages of a session for an owner who is away. Each one's last SEND is answered, and success reported, when
 * it is committed and live messages line up behind it, and not before.
 *
 * @spec DF-05 @spec DF-12 @spec DF-40
 */
export function receiveMessages(deps: ReceiveDeps, invited: Invited, leg: Leg, session: MsrpSession): void {
  let begun = 0;
  session.onIncoming((head) => {
    if (invited.messages === "one" && begun > 0) return { refuse: 403 };
    begun += 1;
    const { id } = invited.message;
    return uploadOf(deps, invited, leg, { head, id: begun === 1 ? id : `${id}.${begun}` });
  });
}

interface Coming {
  readonly head: IncomingHead;
  /** Names the message in the queue. */
  readonly id: string;
}

function uploadOf(deps: ReceiveDeps, { message, owner }: Invited, leg: Leg, coming: Coming): MessageTaker {
  const { chance, pieces } = deps;
  const { messageId, total } = coming.head;
  const content: LargeContent = {
    id: chance.token(16),
    key: randomBytes(32),
    messageId,
    bytes: 0,
    pieceBytes: pieces.pieceBytes,
    headBytes: 0,
  };
  const keys = msrpRepeatKeysOf(owner, message, messageId, undefined);
  return new Upload(
    {
      ...deps,
      onMoved: () => leg.touch(),
      commit: (whole, first) => commit(deps, { message, owner }, coming, { whole, first }),
    },
    { content, owner, keys, announcedBytes: total ?? 0 },
  );
}

interface Arrived {
  readonly whole: LargeContent;
  readonly first: Uint8Array;
}

async function commit(
  deps: ReceiveDeps,
  { message: invited, owner }: Pick<Invited, "message" | "owner">,
  { head: { messageId, contentType, mimeFields }, id }: Coming,
  { whole, first }: Arrived,
): Promise<Committed> {
  const { contents, clock, maxKeepMs, announce, onNotice, events } = deps;
  const head = readHead(contentType, mimeFields, first);
  if (head.isTransient) return "discarded";
  const said = { id, contentType, mimeFields, receivedAtMs: clock.nowMs() };
  const message = largeMessageOf(invited, said, head.octets);
  const expiresAtMs = expiryOf(message, maxKeepMs);
  const storing = storingOf(deps, { message, owner, cause: "offline", expiresAtMs, msrpId: messageId });
  const outcome = await contents.commit(storing, { ...whole, headBytes: head.octets.length });
  if (outcome === "gone") return outcome;
  if (outcome === "stored") events.stored();
  else events.repeated();
  if (storing.notice) onNotice();
  await announce(owner, "offline");
  return outcome;
}
