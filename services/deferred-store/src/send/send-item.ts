import type { Clock, Timer } from "@heliograph/kernel";
import type { MessageToSend, MsrpSession, SendOutcome, SentMessage } from "@heliograph/msrp-stack";
import type { DeferredMessage } from "../domain/deferred-message.js";
import { type MsrpItem, msrpItemOf } from "../domain/msrp-item.js";
import type { Events } from "../events.js";
import type { Contents } from "../ports.js";
import { DamagedContent, PieceSource } from "./piece-source.js";

/** What sending needs. */
export interface SendDeps {
  readonly contents: Pick<Contents, "read">;
  readonly clock: Pick<Clock, "after">;
  readonly events: Pick<Events, "gave">;
  /** A receiver that takes nothing for so long, or does not report in that time, does not get it now. */
  readonly stallMs: number;
}

/** What became of a message on its way to a device. Only `taken` ends it; `lost`: it may have it, and is asked again. */
export type ItemOutcome =
  | { readonly kind: "taken" }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string }
  | { readonly kind: "lost"; readonly reason: string }
  | { readonly kind: "damaged" };

/**
 * Sends a stored message as one MSRP message and waits until the device has reported all of it: a 200 alone may be that
 * of a relay. `onMoved` hears whenever octets were taken.
 *
 * @spec DF-32 @spec DF-33 @spec DF-48 @spec rfc4975#7.1.3
 */
export async function sendItem(
  session: Pick<MsrpSession, "send">,
  found: DeferredMessage,
  deps: SendDeps,
  onMoved: () => void,
): Promise<ItemOutcome> {
  const item = msrpItemOf(found);
  const stalled = new Stall(deps);
  let broken: Error | undefined;
  const hears = {
    onMoved: () => {
      stalled.again();
      onMoved();
    },
    onBroken: (error: Error) => {
      broken = error;
      sent.abort();
      stalled.now();
    },
  };
  const sent = session.send({
    ...messageOf(found, item, deps, hears),
    messageId: item.messageId,
    wantsSuccessReport: true,
    failureReport: "yes",
  });
  let taken = 0;
  sent.onProgress((octets) => {
    deps.events.gave(Math.max(0, octets - taken));
    taken = octets;
    hears.onMoved();
  });
  const outcome = await Promise.race([outcomeOf(sent, stalled), stalled.over]);
  stalled.cancel();
  if (broken instanceof DamagedContent) return { kind: "damaged" };
  if (broken) return { kind: "lost", reason: broken.message };
  if (outcome === "stalled") {
    sent.abort();
    return { kind: "lost", reason: "nothing was taken, or nothing reported, in time" };
  }
  return meaningOf(outcome);
}

function messageOf(
  { large }: DeferredMessage,
  { head, contentType, mimeFields }: MsrpItem,
  { contents }: SendDeps,
  hears: { readonly onMoved: () => void; readonly onBroken: (error: Error) => void },
): Pick<MessageToSend, "body" | "contentType" | "mimeFields"> {
  const body = large ? new PieceSource({ contents, head, content: large, ...hears }) : head;
  return { body, contentType, mimeFields: mimeFields.map(([name, value]) => [name, value] as const) };
}

async function outcomeOf(sent: SentMessage, stalled: Stall): Promise<SendOutcome> {
  const outcome = await sent.sent;
  if (outcome.kind !== "done") return outcome;
  stalled.again();
  return sent.reported;
}

/** 408, 481 and 506 are about the session; what else a device says is about the message. @spec MS-09 @spec rfc4975#10 */
const aboutSession: ReadonlySet<number> = new Set([408, 481, 506]);

/** What the device has said in its description that it does not take. @spec MS-51 @spec MS-57 */
const notAllowed = {
  direction: { kind: "lost", reason: "the device takes no message" },
  type: { kind: "refused", status: 415, reason: "type not accepted" },
  size: { kind: "refused", status: 413, reason: "too large for the device" },
} as const satisfies Record<string, ItemOutcome>;

function meaningOf(outcome: SendOutcome): ItemOutcome {
  switch (outcome.kind) {
    case "done":
      return { kind: "taken" };
    case "refused":
      return aboutSession.has(outcome.status)
        ? { kind: "lost", reason: `MSRP ${outcome.status}` }
        : { kind: "refused", status: outcome.status, reason: outcome.comment ?? "refused over MSRP" };
    case "not-allowed":
      return notAllowed[outcome.why];
    case "lost":
      return { kind: "lost", reason: outcome.reason };
    default:
      return outcome satisfies never;
  }
}

/** Runs out when nothing moves. */
class Stall {
  readonly over: Promise<"stalled">;
  #resolve: (over: "stalled") => void = () => undefined;
  #timer: Timer | undefined;

  constructor(private readonly deps: Pick<SendDeps, "clock" | "stallMs">) {
    this.over = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.again();
  }

  again(): void {
    this.#timer?.cancel();
    this.#timer = this.deps.clock.after(this.deps.stallMs, () => this.now());
  }

  now(): void {
    this.#timer?.cancel();
    this.#resolve("stalled");
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}
