import { afterEach, describe, expect, it } from "@jest/globals";
import { TimerWheel } from "@heliograph/kernel";
import {
  createDialogs,
  createRequest,
  type Dialog,
  type DialogEnd,
  type DialogLayer,
  type IncomingInvite,
} from "@heliograph/sip";
import { createSipStack, PooledChance } from "@heliograph/sip-stack";
import { freePort } from "@heliograph/testkit";
import { playSipp, Sipp } from "./programs/sipp.js";
import { scenario } from "./programs/sipp-scenario.js";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const description = {
  headers: [["Content-Type", "application/sdp"]] as const,
  body: new TextEncoder().encode("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"),
};

/** Dialogs of ours over a stack of ours. */
async function givenDialogs(
  transport: "udp" | "tcp",
  onInvite: (invite: IncomingInvite) => void = () => undefined,
) {
  const stack = createSipStack({ listen: [{ transport, address: "127.0.0.1", port: 0 }] });
  const caught: unknown[] = [];
  const dialogs: DialogLayer = createDialogs({
    stack,
    clock: new TimerWheel(),
    chance: new PooledChance(),
    contact: () => `<sip:us@127.0.0.1:${stack.listeningPoints[0]?.port};transport=${transport}>`,
    onException: (cause) => void caught.push(cause),
  });
  stack.onFlowClosed((flow) => dialogs.flowClosed(flow));
  stack.onRequest((incoming) => {
    if (!dialogs.take(incoming) && incoming.request.method === "INVITE") onInvite(dialogs.answer(incoming));
  });
  open.push(async () => {
    await dialogs.drain(0);
    await stack.stop();
  });
  await stack.start();
  return { dialogs, caught, server: `127.0.0.1:${stack.listeningPoints[0]?.port}` };
}

const sdp = [
  "Content-Type: application/sdp",
  "Content-Length: [len]",
  "",
  "v=0",
  "o=- 1 1 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "",
];
const empty = ["Content-Length: 0", "", ""];
const contact = "Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>";

/** A request of sipp in its call; `toTag` once there is one. */
function request(
  method: string,
  cseq: number,
  {
    toTag = "[peer_tag_param]",
    lines = empty,
  }: { readonly toTag?: string; readonly lines?: readonly string[] } = {},
) {
  const isNew = toTag === "";
  return `<send${method === "ACK" ? "" : ' retrans="500"'}><![CDATA[

${[
  `${method} ${isNew ? "sip:us@[remote_ip]:[remote_port]" : "[next_url]"} SIP/2.0`,
  "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
  "From: <sip:sipp@[local_ip]>;tag=[call_number]",
  `To: <sip:us@[remote_ip]>${toTag}`,
  "Call-ID: [call_id]",
  `CSeq: ${cseq} ${method}`,
  contact,
  "Max-Forwards: 70",
  ...lines,
].join("\n")}
]]></send>`;
}

/** An answer of sipp to the request that it got last. */
function answer(status: string, lines: readonly string[] = empty) {
  return `<send><![CDATA[

${[`SIP/2.0 ${status}`, "[last_Via:]", "[last_From:]", "[last_To:];tag=[call_number]", "[last_Call-ID:]", "[last_CSeq:]", contact, ...lines].join("\n")}
]]></send>`;
}

describe.each(["udp", "tcp"] as const)("sipp in a dialog over %s", (transport) => {
  it("RFC 3261 §13.3 RFC 3262 §3 GEN-12 calls, acknowledges reliable progress, refreshes, and hangs up", async () => {
    const ends: DialogEnd[] = [];
    const { server, dialogs, caught } = await givenDialogs(transport, (invite) => {
      invite.progress(183, { isReliable: true });
      invite.accept(description).onEnded((end) => void ends.push(end));
    });
    await playSipp({
      transport,
      server,
      localPort: await freePort(),
      scenario: scenario(
        request("INVITE", 1, {
          toTag: "",
          lines: [
            "Supported: 100rel, timer",
            "Session-Expires: 1800",
            "Allow: INVITE, ACK, BYE, UPDATE",
            ...sdp,
          ],
        }),
        '<recv response="100" optional="true"/>',
        `<recv response="183" rrs="true"><action><ereg regexp="RSeq: *([0-9]+)" search_in="msg" check_it="true" assign_to="all,rseq"/></action></recv>`,
        '<Reference variables="all"/>',
        request("PRACK", 2, { lines: ["RAck: [$rseq] 1 INVITE", ...empty] }),
        '<recv response="200"/>',
        `<recv response="200" rrs="true"><action><ereg regexp="Session-Expires: 1800;refresher=uac" search_in="msg" check_it="true" assign_to="timer"/></action></recv>`,
        '<Reference variables="timer"/>',
        request("ACK", 1),
        request("UPDATE", 3, {
          lines: ["Supported: timer", "Session-Expires: 1800;refresher=uac", ...empty],
        }),
        '<recv response="200"/>',
        request("BYE", 4, { lines: ["Reason: SIP;cause=200", ...empty] }),
        '<recv response="200"/>',
      ),
    });
    expect([ends, caught, dialogs.size]).toEqual([[{ by: "remote", reasons: ["SIP;cause=200"] }], [], 0]);
  });

  it("GEN-40 gives up while it rings: 200 to its CANCEL, 487 to its INVITE", async () => {
    const told: (readonly string[])[] = [];
    const { server, dialogs } = await givenDialogs(transport, (invite) => {
      invite.onCancelled((reasons) => void told.push(reasons));
      invite.progress(180);
    });
    await playSipp({
      transport,
      server,
      localPort: await freePort(),
      scenario: scenario(
        request("INVITE", 1, { toTag: "", lines: sdp }),
        '<recv response="100" optional="true"/>',
        '<recv response="180"/>',
        request("CANCEL", 1, { toTag: "", lines: ["Reason: SIP;cause=487", ...empty] }).replace(
          "branch=[branch]",
          "branch=[branch-3]",
        ),
        '<recv response="200"/>',
        '<recv response="487"/>',
        request("ACK", 1).replace("branch=[branch]", "branch=[branch-6]"),
      ),
    });
    expect([told, dialogs.size]).toEqual([[["SIP;cause=487"]], 0]);
  });

  it("RFC 3261 §13.2 RFC 3261 §14 is called, takes a re-INVITE, and is hung up on", async () => {
    const { dialogs, caught } = await givenDialogs(transport);
    const localPort = await freePort();
    const phone = new Sipp({
      transport,
      server: "127.0.0.1:9",
      localPort,
      scenario: scenario(
        '<recv request="INVITE"/>',
        answer("180 Ringing"),
        answer("200 OK", sdp),
        '<recv request="ACK"/>',
        '<recv request="INVITE"/>',
        answer("200 OK", sdp).replace(";tag=[call_number]", ""),
        '<recv request="ACK"/>',
        '<recv request="BYE"/>',
        answer("200 OK").replace(";tag=[call_number]", ""),
      ),
    });
    open.push(() => phone.stop());
    const uri = `sip:sipp@127.0.0.1:${localPort};transport=${transport}`;
    const dialog = await untilAccepted(dialogs, uri);
    const outcome = await dialog.request("INVITE", description);
    expect(outcome.kind === "response" && outcome.response.status).toBe(200);
    await dialog.bye('SIP;cause=200;text="Done"');
    expect((await phone.end()).exitCode).toBe(0);
    expect([caught, dialogs.size]).toEqual([[], 0]);
  });
});

/** Calls until sipp has opened its port. */
async function untilAccepted(dialogs: DialogLayer, uri: string): Promise<Dialog> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const outcome = await dialogs.invite({
      request: createRequest({
        method: "INVITE",
        requestUri: uri,
        headers: [["From", "<sip:us@127.0.0.1>"], ["To", `<${uri}>`], ...description.headers],
        body: description.body,
      }),
      target: { kind: "uri", uri },
    }).outcome;
    if (outcome.kind === "accepted") return outcome.dialog;
    if (outcome.kind !== "unreachable") throw new Error(`sipp does not answer: ${outcome.kind}`);
  }
  throw new Error("sipp has not started");
}
