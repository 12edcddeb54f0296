import type { Chance, Clock } from "@heliograph/kernel";
import {
  createRequest,
  type Dialogs,
  type InviteOutcome,
  type SipRequest,
  type Target,
} from "@heliograph/sip";
import type { Credentials } from "../credentials.js";

/** How we send INVITEs, whatever they are for. */
export interface InviteSenderDeps {
  readonly dialogs: Dialogs;
  readonly credentials: Credentials | undefined;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly aor: string;
  readonly displayName: string | undefined;
  /** The URI at which this device takes requests. */
  readonly contactUri: () => string;
  readonly target: () => Target;
}

/** An INVITE to send. */
export interface InviteToSend {
  readonly to: string;
  /** Feature parameters of the Contact, with their semicolons. */
  readonly contactParams: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly ringMs: number;
  readonly onRinging?: () => void;
  readonly signal?: AbortSignal;
}

/** Sends an INVITE, again with credentials where it is challenged. @spec CL-02 @spec CL-20 */
export async function sendInvite(deps: InviteSenderDeps, invite: InviteToSend): Promise<InviteOutcome> {
  const { credentials, chance } = deps;
  const ids = { callId: chance.token(16), fromTag: chance.token(8) };
  for (let attempt = 0; ; attempt += 1) {
    if (invite.signal?.aborted) return { kind: "cancelled" };
    const request = requestOf(deps, invite, { ...ids, cseq: attempt + 1 });
    const headers = credentials?.headersFor("INVITE", invite.to) ?? [];
    const signed = headers.reduce((list, [name, value]) => list.append(name, value), request.headers);
    const outcome = await sendOnce(deps, invite, request.with({ headers: signed }));
    if (outcome.kind !== "refused" || attempt >= 2 || !isChallenge(outcome.response.status)) return outcome;
    if (!credentials?.take(outcome.response, headers.length > 0 && attempt > 0)) return outcome;
  }
}

const isChallenge = (status: number): boolean => status === 401 || status === 407;

async function sendOnce(
  { dialogs, target }: InviteSenderDeps,
  { ringMs, onRinging, signal }: InviteToSend,
  request: SipRequest,
): Promise<InviteOutcome> {
  const outgoing = dialogs.invite({
    request,
    target: target(),
    ringMs,
    onProgress: ({ status }) => {
      if (status === 180) onRinging?.();
    },
  });
  const giveUp = (): void => outgoing.cancel(`SIP;cause=487;text="Request Terminated"`);
  signal?.addEventListener("abort", giveUp, { once: true });
  const outcome = await outgoing.outcome;
  signal?.removeEventListener("abort", giveUp);
  return outcome;
}

function requestOf(
  { aor, displayName, contactUri, clock }: InviteSenderDeps,
  { to, contactParams, headers, contentType, body }: InviteToSend,
  ids: { readonly callId: string; readonly fromTag: string; readonly cseq: number },
): SipRequest {
  const name = displayName === undefined ? "" : `"${displayName.replaceAll(/["\\]/g, "")}" `;
  return createRequest({
    method: "INVITE",
    requestUri: to,
    headers: [
      ["Max-Forwards", "70"],
      ["From", `${name}<${aor}>;tag=${ids.fromTag}`],
      ["To", `<${to}>`],
      ["Call-ID", ids.callId],
      ["CSeq", `${ids.cseq} INVITE`],
      ["Contact", `<${contactUri()}>${contactParams}`],
      ["Date", new Date(clock.nowMs()).toUTCString()],
      ...headers,
      ["Content-Type", contentType],
    ],
    body,
  });
}
