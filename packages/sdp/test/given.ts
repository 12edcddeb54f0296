import {
  type AnswerCapabilities,
  type AnswerDecision,
  type LocalSession,
  type MsrpDescription,
  type MsrpMedia,
  type MediaAnswer,
  parseMsrpDescription,
  parsePathUri,
  type PathUri,
} from "../src/index.js";

/** A description from its lines, as it goes over the wire. */
export const sdp = (...lines: string[]) => lines.map((line) => `${line}\r\n`).join("");

/** The session level of RFC 4975 §8.7, figure 9. */
export const sessionLevel = [
  "v=0",
  "o=usera 2890844526 2890844527 IN IP4 alice.example.com",
  "s= -",
  "c=IN IP4 alice.example.com",
  "t=0 0",
];

/** The media section of RFC 4975 §8.7, figure 9, and what a test adds. */
export const chat = (...more: string[]) => [
  "m=message 7394 TCP/MSRP *",
  "a=accept-types:message/cpim text/plain text/html",
  "a=path:msrp://alice.example.com:7394/2s93i93idj;tcp",
  ...more,
];

export const described = (...lines: string[]): MsrpDescription => {
  const read = parseMsrpDescription(sdp(...lines));
  if (!read.ok) throw new Error(`${read.error.rule} at ${read.error.offset}`);
  return read.value;
};

/** The offer of figure 9 with more lines in its section. */
export const offering = (...more: string[]) => described(...sessionLevel, ...chat(...more));

export const sessionOf = (description: MsrpDescription, index = 0): MsrpMedia => {
  const media = description.media[index];
  if (media?.kind !== "msrp") throw new Error(`section ${index} is ${media?.kind}`);
  return media;
};

export const uri = (text: string): PathUri => {
  const read = parsePathUri(text);
  if (!read.ok) throw new Error(read.error.rule);
  return read.value;
};

/** A reachable server without a relay. */
export const capabilities: AnswerCapabilities = {
  transports: ["TCP/TLS/MSRP", "TCP/MSRP"],
  acceptTypes: ["message/cpim", "text/plain"],
  direction: "sendrecv",
  connect: "either",
  cema: { wantsCema: false, usesRelay: false },
  maxChats: 1,
  maxFiles: 1,
  acceptsFileRanges: true,
};

export const answered = (decision: AnswerDecision): readonly MediaAnswer[] => {
  if (decision.kind === "refused") throw new Error(decision.reason);
  return decision.media;
};

/** Bob's end in RFC 4975 §8.7, figure 10. */
export const bob: LocalSession = {
  host: "bob.example.com",
  port: 8493,
  path: [uri("msrp://bob.example.com:8493/si438dsaodes;tcp")],
  acceptTypes: ["message/cpim", "text/plain"],
};

export const origin = { username: "userb", sessionId: "2890844530", version: 1, host: "bob.example.com" };

export const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
