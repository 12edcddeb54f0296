import { describe, expect, it } from "@jest/globals";
import { createResponse, type Outcome, type SipRequest } from "@heliograph/sip";
import { FlowTokens } from "../src/domain/flow-token.js";
import { MessageIds } from "../src/domain/message-ids.js";
import { relayOverFlow } from "../src/handlers/relay-over-flow.js";
import { addressRequest } from "../src/domain/address-request.js";
import { OwnAddresses } from "../src/domain/own-addresses.js";
import { ServedDomains } from "../src/domain/served-domains.js";
import { readPagerMessage } from "../src/domain/read-pager-message.js";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import { silence } from "../src/domain/answer.js";
import { domains, FakeStack, flowFrom, given, message, parsed } from "./given.js";

const tokens = new FlowTokens(
  (text) =>
    `k${Array.from(text).reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 99_991, 7)}`,
);
const device = flowFrom("192.0.2.20", "tcp", 40_000);
const core = flowFrom("203.0.113.1");

interface Situation {
  readonly isFromCore?: boolean;
  readonly isOpen?: boolean;
  readonly outcome?: Outcome | ((request: SipRequest) => Outcome);
}
const silent: Outcome = { kind: "silent" };

/** A MESSAGE whose Route has the token, relayed for a source. */
async function relayed(
  token: string,
  { isFromCore = true, isOpen = true, outcome = silent }: Situation = {},
) {
  const stack = new FakeStack();
  if (isOpen) stack.flows.set(device.id, device);
  stack.outcome = outcome;
  const incoming = {
    request: parsed(
      message({
        uri: "sip:bob@192.0.2.20:40000",
        more: [`Route: <sip:${token}@198.51.100.1;lr;ob>, <sip:next.example.com;lr>`],
      }),
    ),
    flow: core,
    respond: () => undefined,
  };
  const book = { domains: new ServedDomains(domains), own: new OwnAddresses(stack.listeningPoints, []) };
  const addressing = addressRequest(incoming.request, core, book);
  if (addressing.kind !== "addressed") throw new Error("not addressed");
  const { address } = addressing;
  const pager = readPagerMessage(incoming.request, {
    id: new MessageIds(new FakeClock(), new PredictableChance()).next(),
    receivedAtMs: 0,
    transport: "udp",
    requestUri: address.requestUri,
    recipient: "",
    sender: { kind: "trusted", aor: "sip:a@far.net", asserted: ["<sip:a@far.net>"] },
    privacy: [],
    route: address.route,
    isFromCore,
    host: "h",
    network: "n",
    isOwnRealm: () => false,
  });
  const relay = relayOverFlow({ stack, tokens, outside: { assertsOutside: false }, timeoutMs: 31_000 });
  const reply = await relay({ incoming, address, source: { kind: isFromCore ? "core" : "unknown" } }, pager);
  return { reply, sent: stack.sent[0] };
}

describe("GEN-28 SC-15 RFC 5626 §5.3.1 a Route of ours with a flow token", () => {
  const token = tokens.issue(device.id);

  it("is removed, and the request goes over the flow and no other", async () => {
    const answer = (request: SipRequest): Outcome => ({
      kind: "response",
      response: createResponse(
        request.with({ headers: request.headers.prepend("Via", "SIP/2.0/UDP h;branch=z9hG4bKx") }),
        200,
      ),
    });
    const { reply, sent } = await relayed(token, { outcome: answer });
    expect(reply).toMatchObject({ status: 200 });
    expect(sent?.target).toEqual({ kind: "flow", flowId: device.id });
    expect(sent?.request.requestUri).toBe("sip:bob@192.0.2.20:40000");
    expect(sent?.request.headers.all("Route")).toEqual(["<sip:next.example.com;lr>"]);
  });

  it("SHOULD be answered 403 when the token has been tampered with", async () => {
    for (const forged of [`${token}0`, token.replace("k", "l"), "nonsense", `.${token}`, "k1._zz"]) {
      expect((await relayed(forged)).reply).toMatchObject({
        status: 403,
        reason: "Flow Token Not Issued Here",
      });
    }
  });

  it("SHOULD be answered 430 when the flow no longer exists", async () => {
    expect((await relayed(token, { isOpen: false })).reply).toEqual({ status: 430, reason: "Flow Failed" });
    expect((await relayed(token, { outcome: { kind: "unreachable", reason: "reset" } })).reply).toMatchObject(
      { status: 430 },
    );
  });

  it("GEN-37 is left unanswered when the device is silent", async () => {
    expect((await relayed(token)).reply).toBe(silence);
  });

  it("is honoured for a trusted core only: nobody reaches a device past the service", async () => {
    const { reply, sent } = await relayed(token, { isFromCore: false });
    expect(reply).toMatchObject({ status: 403 });
    expect(sent).toBeUndefined();
  });

  it("is answered 403 at the door when it was made up", async () => {
    const { receive } = await given({ TRUSTED_CORES: "203.0.113.1" });
    const more = ["Route: <sip:made.up@198.51.100.1;lr;ob>", "P-Asserted-Identity: <sip:a@far.net>"];
    expect(await receive(message({ uri: "sip:bob@192.0.2.20:40000", more }), core)).toMatchObject({
      status: 403,
      reason: "Flow Token Not Issued Here",
    });
  });

  it("tells the flow's own end from others", () => {
    expect(tokens.isFor(token, device.id)).toBe(true);
    expect(tokens.isFor(token, "another")).toBe(false);
    expect(tokens.read(tokens.issue("udp,[::1],5060,a_b,1"))).toEqual({
      kind: "flow",
      flowId: "udp,[::1],5060,a_b,1",
    });
  });
});
