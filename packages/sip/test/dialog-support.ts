import {
  createDialogs,
  createRequest,
  type Dialog,
  type DialogEnd,
  type DialogLayer,
  type DialogOptions,
  type DialogParts,
  type IncomingInvite,
  type IncomingRequest,
  type InviteOutcome,
  type InviteParts,
  type Outcome,
  type OutgoingInvite,
  type SipRequest,
  type TransportName,
} from "@heliograph/sip";
import { PredictableChance } from "@heliograph/testkit";
import { type FakeNode, FakeNetwork } from "./fake-network.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A session description as parts of a message. */
export function sdp(version: number): DialogParts {
  return {
    headers: [["Content-Type", "application/sdp"]],
    body: encoder.encode(`v=0\r\no=- 1 ${version} IN IP4 192.0.2.1\r\n`),
  };
}

export function textOf(body: Uint8Array): string {
  return decoder.decode(body);
}

/** A user agent on a fake network: dialogs over a fake stack, and what it was told. */
export class Agent {
  readonly node: FakeNode;
  readonly dialogs: DialogLayer;
  readonly invites: IncomingInvite[] = [];
  readonly strays: IncomingRequest[] = [];
  readonly caught: unknown[] = [];
  /** What becomes of an INVITE from outside. */
  onInvite: (invite: IncomingInvite) => void = () => undefined;

  constructor(
    network: FakeNetwork,
    readonly host: string,
    options: Partial<DialogOptions> & { readonly transport?: TransportName } = {},
  ) {
    this.node = network.node(host, options.transport);
    this.dialogs = createDialogs({
      stack: this.node,
      clock: network.clock,
      chance: new PredictableChance(host),
      contact: () => `<sip:${host}>`,
      sessionTimer: { expiresS: 0 },
      onException: (cause) => void this.caught.push(cause),
      ...options,
    });
    this.node.onRequest = (incoming) => this.receive(incoming);
  }

  receive(incoming: IncomingRequest): void {
    if (this.dialogs.take(incoming)) return;
    if (incoming.request.method !== "INVITE") return void this.strays.push(incoming);
    const invite = this.dialogs.answer(incoming);
    this.invites.push(invite);
    this.onInvite(invite);
  }

  /** Calls, with an offer unless there are other parts. */
  call(to: string, parts: Partial<InviteParts> & { readonly with?: DialogParts } = {}): OutgoingInvite {
    const { with: given = sdp(1), ...rest } = parts;
    return this.dialogs.invite({
      request: createRequest({
        method: "INVITE",
        requestUri: `sip:${to}`,
        headers: [["From", `<sip:${this.host}>`], ["To", `<sip:${to}>`], ...(given.headers ?? [])],
        ...(given.body && { body: given.body }),
      }),
      target: { kind: "uri", uri: `sip:${to}` },
      ...rest,
    });
  }
}

/** A dialog's end, noted. */
export function noteEnd(dialog: Dialog): DialogEnd[] {
  const ends: DialogEnd[] = [];
  dialog.onEnded((end) => void ends.push(end));
  return ends;
}

/** The outcome of an INVITE, which must be accepted. */
export async function accepted(
  outgoing: OutgoingInvite,
): Promise<Extract<InviteOutcome, { readonly kind: "accepted" }>> {
  const outcome = await outgoing.outcome;
  if (outcome.kind !== "accepted") throw new Error(`the INVITE was not accepted: ${outcome.kind}`);
  return outcome;
}

/** Alice and Bob, who answers every INVITE at once. */
export function givenTwo(
  options: {
    readonly alice?: ConstructorParameters<typeof Agent>[2];
    readonly bob?: ConstructorParameters<typeof Agent>[2];
  } = {},
) {
  const network = new FakeNetwork();
  const alice = new Agent(network, "alice", options.alice);
  const bob = new Agent(network, "bob", options.bob);
  const answered: Dialog[] = [];
  bob.onInvite = (invite) => void answered.push(invite.accept(sdp(2)));
  return { network, alice, bob, answered };
}

/** A call between Alice and Bob that is established, and forgotten as far as the network goes. */
export async function givenCall(options: Parameters<typeof givenTwo>[0] = {}) {
  const two = givenTwo(options);
  const outgoing = two.alice.call("bob");
  await two.network.pass(100);
  const { dialog: caller } = await accepted(outgoing);
  const [callee] = two.answered;
  if (!callee) throw new Error("Bob has no dialog");
  two.network.seen.length = 0;
  return { ...two, caller, callee, callerEnds: noteEnd(caller), calleeEnds: noteEnd(callee) };
}

/** A request as the other end of a dialog would send it, with whatever is wrong in it. An empty tag is left out. */
export function requestInDialog(
  dialog: Pick<Dialog, "id" | "remoteTarget">,
  method: string,
  parts: {
    readonly number: number;
    readonly headers?: readonly (readonly [string, string])[];
    readonly body?: Uint8Array | undefined;
  },
): SipRequest {
  const { callId, localTag, remoteTag } = dialog.id;
  return createRequest({
    method,
    requestUri: dialog.remoteTarget,
    headers: [
      ["Max-Forwards", "70"],
      ["From", `<sip:me>${tagged(localTag)}`],
      ["To", `<sip:you>${tagged(remoteTag)}`],
      ["Call-ID", callId],
      ["CSeq", `${parts.number} ${method}`],
      ...(parts.headers ?? []),
    ],
    ...(parts.body && { body: parts.body }),
  });
}

function tagged(tag: string): string {
  return tag === "" ? "" : `;tag=${tag}`;
}

/** The status of an outcome, or its kind. */
export function statusOf(outcome: Outcome): number | string {
  return outcome.kind === "response" ? outcome.response.status : outcome.kind;
}
