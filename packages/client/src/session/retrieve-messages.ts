import { formatXml } from "@heliograph/xml";
import type { Call } from "./call.js";
import { imTag } from "./invitation-kind.js";
import { messageIntake } from "./message-intake.js";
import { bodyWithParts } from "./multipart-body.js";
import { OneWayCall } from "./one-way-call.js";
import { type NotPlaced, placeCall } from "./place-call.js";
import { largeMessageAccepts, type SessionContext } from "./session-context.js";

/** What a retrieval came to. */
export type Retrieved =
  /** Every message was given to the client's `onMessage`. */
  | { readonly kind: "retrieved"; readonly messages: number }
  /** It broke off: what had not been taken is still kept. @spec DF-33 */
  | { readonly kind: "interrupted"; readonly messages: number; readonly reason: string }
  | NotPlaced;

const ringMs = 30_000;

/**
 * Fetches what the service keeps for us: all of it, or what the references name. We connect and bind the session, the
 * service sends and ends it.
 *
 * @spec DF-30
 */
export async function retrieveMessages(
  context: SessionContext,
  service: string,
  references: readonly string[],
): Promise<Retrieved> {
  let messages = 0;
  const call: OneWayCall = new OneWayCall(context, await context.ends(), {
    direction: "recvonly",
    accepts: largeMessageAccepts(context.limits),
    take: messageIntake(context, { from: service, callId: () => call.callId, isService: true }, () => {
      messages += 1;
    }),
    mustConnect: true,
  });
  const placed = await placeCall(context, {
    media: call.media,
    line: () => call.section(context.transport),
    invite: (offer) => ({
      to: service,
      contactParams: `;${imTag}`,
      headers: [["Accept-Contact", `*;${imTag}`]],
      ...bodyWithParts(offer, references.length === 0 ? [] : [listOf(references)], context.chance),
      ringMs,
    }),
    begin: (dialog) => call.begin(dialog),
  });
  if (placed.kind !== "established") return placed;
  const end = await ended(placed.begun);
  if (end.by === "remote" && !end.reasons.some(isFailure)) return { kind: "retrieved", messages };
  const reason = end.by === "failure" ? end.why : "the connection was lost";
  return { kind: "interrupted", messages, reason };
}

type End = Parameters<Parameters<Call["onEnded"]>[0]>[0];

const ended = (call: Call): Promise<End> => new Promise((resolve) => call.onEnded(resolve));

const isFailure = (reason: string): boolean => /cause\s*=\s*[45]\d\d/.test(reason);

/** A list that says which, and does not say "dial these out". @spec DF-30 @spec R-client-1 */
function listOf(references: readonly string[]) {
  const text = formatXml({
    name: "resource-lists",
    attributes: { xmlns: "urn:ietf:params:xml:ns:resource-lists" },
    children: [
      {
        name: "list",
        children: references.map((uri) => ({ name: "entry", attributes: { uri }, children: [] })),
      },
    ],
  });
  return {
    headers: [
      ["Content-Type", "application/resource-lists+xml"],
      ["Content-Disposition", "render;handling=optional"],
    ] as const,
    body: new TextEncoder().encode(text),
  };
}
