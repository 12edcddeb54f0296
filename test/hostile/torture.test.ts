import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { BesiegedServer } from "./besieged-server.js";
import { rawConnection, rawUdp } from "./wire.js";

const corpus = new URL("../../packages/sip/test/corpus/", import.meta.url);
const silence = "no answer";
const closed = "closed";

type Verdict = number | typeof silence | typeof closed;

/**
 * What each message gets, over UDP, and over TCP where that is not the same. example.com and example.org are ours
 * here, nobody lives in them. A good INVITE offers audio or video, and gets 488, unless somebody has to prove who it is.
 */
const verdicts: Readonly<
  Record<string, Readonly<Record<string, Verdict | readonly [udp: Verdict, tcp: Verdict]>>>
> = {
  rfc4475: {
    badaspec: 400,
    badbranch: 407,
    baddate: 488,
    // Without the empty line it goes on, over TCP.
    baddn: [400, silence],
    // Its Via says nothing of rport: the answer goes to the port that sent-by names.
    badinv01: [silence, 400],
    badvers: 505,
    bcast: silence,
    bext01: 420,
    bigcode: silence,
    // The rest of the body may still come, over TCP.
    clerr: [400, silence],
    cparam01: 401,
    cparam02: 401,
    // What follows is not SIP, over TCP.
    dblreq: [401, closed],
    esc01: 403,
    esc02: 501,
    escnull: 401,
    escruri: 400,
    insuf: 400,
    intmeth: 501,
    // Neither a Contact nor, for a stream, a Content-Length.
    inv2543: 400,
    invut: 415,
    longreq: 488,
    ltgtruri: 400,
    lwsdisp: 407,
    lwsruri: 400,
    lwsstart: 400,
    mcl01: 400,
    mismatch01: 400,
    mismatch02: 501,
    mpart01: 407,
    multi01: 400,
    ncl: 400,
    noreason: silence,
    novelsc: 416,
    quotbal: 400,
    regaut01: 401,
    regbadct: 400,
    regescrt: 401,
    scalar02: 400,
    scalarlg: silence,
    sdp01: 488,
    semiuri: 407,
    transports: 407,
    trws: 400,
    unkscm: 416,
    unksm2: 401,
    unreason: silence,
    // It has a To tag, and there is no such dialog.
    wsinv: 481,
    // It ends here: OPTIONS for a user that we do not have.
    zeromf: 404,
  },
  rfc5118: {
    "ipv4-mapped-ipv6": 488,
    "ipv6-bad": 400,
    "ipv6-bug-abnf-3-colons": 407,
    "ipv6-correct-abnf-2-colons": 407,
    "ipv6-good": 404,
    "ipv6-in-sdp": 407,
    "mult-ip-in-header": 481,
    "mult-ip-in-sdp": 407,
    "port-ambiguous": 404,
    "port-unambiguous": 404,
    "via-received-param-no-delim": 407,
    "via-received-param-with-delim": 481,
  },
};

const cases = Object.entries(verdicts).flatMap(([rfc, messages]) =>
  Object.entries(messages).map(([name, verdict]) => {
    const [udp, tcp] = typeof verdict === "object" ? verdict : [verdict, verdict];
    return { rfc, name, udp, tcp };
  }),
);

let besieged: BesiegedServer;
beforeAll(async () => {
  besieged = await BesiegedServer.start();
  await besieged.server.addDomain("example.com");
  await besieged.server.addDomain("example.org");
}, 60_000);
afterAll(() => besieged?.stop());

describe("RFC 4475 and RFC 5118 torture messages against the whole server", () => {
  it("has a verdict for each", () => {
    for (const [rfc, messages] of Object.entries(verdicts)) {
      const files = readdirSync(new URL(rfc, corpus)).map((file) => file.replace(".dat", ""));
      expect(Object.keys(messages).sort()).toEqual(files.sort());
    }
  });

  it.each(cases)("$rfc $name over UDP: $udp", async ({ rfc, name, udp }) => {
    const peer = await rawUdp(besieged.server.ports.sip);
    peer.send(withRport(readFileSync(new URL(`${rfc}/${name}.dat`, corpus))));
    if (udp !== silence) return expect(await peer.answer("SIP/2.0 ")).toMatchObject({ status: udp });
    await wait(100);
    expect(peer.arrived).toBe("");
  });

  it.each(cases)("$rfc $name over TCP, as it is: $tcp", async ({ rfc, name, tcp }) => {
    const peer = await rawConnection(besieged.server.ports.sip);
    peer.send(readFileSync(new URL(`${rfc}/${name}.dat`, corpus)));
    if (tcp === closed) await peer.closed(3_000);
    else if (tcp === silence) await wait(100);
    else expect(await peer.answer("SIP/2.0 ")).toMatchObject({ status: tcp });
    if (tcp === silence) expect(peer.arrived).not.toContain("SIP/2.0");
    peer.close();
  });

  it("GEN-14 and honest people still write to each other, and what was malformed is counted", async () => {
    await besieged.mustServe();
    expect(await besieged.count("heliograph_sip_stack_malformed_answered_total")).toBeGreaterThan(20);
    expect(await besieged.count("heliograph_sip_stack_malformed_dropped_total")).toBeGreaterThan(2);
    expect(await besieged.count("heliograph_sip_stack_foreign_responses_total")).toBeGreaterThan(4);
    expect(await besieged.count("heliograph_sip_edge_refused_total")).toBeGreaterThan(20);
  });
});

/** The message with rport in its top Via, so that its answer finds us and not port 5060. */
function withRport(bytes: Uint8Array): Uint8Array {
  const sentBy = /((?:^|\n)(?:via|v)\s*:\s*SIP\s*\/\s*\d\.0\s*\/\s*\S+\s+[^\s;,]+)/i;
  return Buffer.from(Buffer.from(bytes).toString("latin1").replace(sentBy, "$1;rport"), "latin1");
}
