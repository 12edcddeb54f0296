import { createRequest, createResponse, type SipRequest } from "@heliograph/sip";
import type { OpenSessionOptions, Session, SessionOpened } from "../src/index.js";
import { given, settle } from "./given-client.js";
import { answerTo, ScriptedDialog, type ScriptedDialogs } from "./given-dialogs.js";
import type { ScriptedMsrpSession } from "./given-media.js";

/** Alice, the other person, and where her media is. */
export const alice = "sip:alice@example.org";
const aliceHost = "192.0.2.7";

const flow = {
  id: "tcp,1",
  transport: "tcp",
  localAddress: "127.0.0.1",
  localPort: 5070,
  remoteAddress: "127.0.0.1",
  remotePort: 5060,
} as const;

/** One media section of alice's. */
interface Section {
  readonly port?: number;
  readonly setup?: string;
  readonly direction?: string;
  readonly session?: string;
  readonly types?: string;
  readonly wrapped?: string;
  readonly more?: readonly string[];
}

const chatTypes = "message/cpim application/im-iscomposing+xml";

/** A description of alice's, one section for messages unless a test says otherwise. */
export function aliceSays(...sections: readonly Section[]): string {
  const lines = (sections.length === 0 ? [{}] : sections).flatMap((section: Section) => {
    const { port = 2855, setup = "passive", direction = "sendrecv", session = "a1" } = section;
    const { types = chatTypes, wrapped = "text/plain message/imdn+xml", more = [] } = section;
    const attributes = [
      `c=IN IP4 ${aliceHost}`,
      `a=accept-types:${types}`,
      ...(wrapped === "" ? [] : [`a=accept-wrapped-types:${wrapped}`]),
      `a=path:msrp://${aliceHost}:2855/${session};tcp`,
      `a=setup:${setup}`,
      `a=${direction}`,
      ...more,
    ];
    return [`m=message ${port} TCP/MSRP *`, ...(port === 0 ? more : attributes)];
  });
  return ["v=0", `o=- 1 1 IN IP4 ${aliceHost}`, "s=-", `c=IN IP4 ${aliceHost}`, "t=0 0", ...lines, ""].join(
    "\r\n",
  );
}

/** An INVITE of alice's to bob, or one inside a dialog. */
export function inviteFrom(parts: {
  readonly body?: string;
  readonly contentType?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly method?: string;
}): SipRequest {
  const {
    body = aliceSays({ setup: "actpass" }),
    contentType = "application/sdp",
    method = "INVITE",
  } = parts;
  return createRequest({
    method,
    requestUri: "sip:bob@127.0.0.1:5070",
    headers: [
      ["Via", "SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKx"],
      ["From", `"Alice" <${alice}>;tag=a`],
      ["To", "<sip:bob@example.org>"],
      ["Call-ID", "c1"],
      ["CSeq", `1 ${method}`],
      ["Contact", "<sip:alice@127.0.0.1:5060>;+g.oma.sip-im"],
      ...(parts.headers ?? []),
      ...(body === "" ? [] : [["Content-Type", contentType] as const]),
    ],
    body: new TextEncoder().encode(body),
  });
}

interface Begun extends ReturnType<typeof given> {
  readonly session: Session;
  readonly dialog: ScriptedDialog;
  readonly msrp: ScriptedMsrpSession;
}

interface InSession extends Begun {
  readonly invite: ScriptedDialogs["invited"][number];
  readonly opened: Extract<SessionOpened, { kind: "established" }>;
}

interface Invited extends Begun {
  readonly incoming: ScriptedDialogs["incoming"][number];
}

/** A session that bob has opened with alice, and everything about it. */
export async function inSession(
  options: OpenSessionOptions = {},
  answer = aliceSays(),
  how: Parameters<typeof given>[0] = {},
): Promise<InSession> {
  const all = given(how);
  const dialog = new ScriptedDialog(flow);
  const opening = all.client.openSession(alice, options);
  await settle();
  const [invite] = all.dialogs.invited;
  if (!invite) throw new Error("no INVITE was sent");
  invite.accept(dialog, answer);
  const opened = await opening;
  if (opened.kind !== "established") throw new Error(`not opened: ${JSON.stringify(opened)}`);
  const { session } = opened;
  return { ...all, dialog, invite, opened, session, msrp: all.endpoints.last };
}

/** A session that alice has opened with bob. */
export async function invited(
  invite = inviteFrom({}),
  how: Parameters<typeof given>[0] = {},
): Promise<Invited> {
  const all = given(how);
  const sessions: (Session | undefined)[] = [];
  all.client.onSession((invitation) => void invitation.accept().then((session) => sessions.push(session)));
  all.stack.receive(invite);
  await settle();
  const [incoming] = all.dialogs.incoming;
  const [session] = sessions;
  if (!incoming || !session) throw new Error("bob has no session");
  return { ...all, incoming, session, dialog: incoming.dialog, msrp: all.endpoints.last };
}

/** What the peer answers with to every offer: a description for each. */
export function answersWith(dialog: ScriptedDialog, ...descriptions: readonly (string | number)[]): void {
  let next = 0;
  dialog.answer = ({ method }) => {
    const said = descriptions[Math.min(next, descriptions.length - 1)] ?? 500;
    next += 1;
    const request = inviteFrom({ method });
    return typeof said === "number"
      ? { kind: "response", response: createResponse(request, said, { toTag: "x" }) }
      : { kind: "response", response: answerTo(request, 200, said) };
  };
}

/** Octets as text. */
export const text = (octets: Uint8Array | undefined): string => new TextDecoder().decode(octets);
