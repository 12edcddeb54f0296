/** A request of a scenario; every part has a default that is right for sipp's own placeholders. */
export interface SippRequest {
  readonly method: string;
  /** Request-URI. */
  readonly uri: string;
  readonly from: string;
  readonly to?: string;
  readonly cseq?: number;
  /** The method that CSeq names, where a test wants it wrong. */
  readonly cseqMethod?: string;
  /** The branch of Via, for a retransmission; a new one when not given. */
  readonly branch?: string;
  readonly maxForwards?: number | string;
  /** Beginnings of lines that are left out. */
  readonly without?: readonly string[];
  /** What Content-Length says, where a test wants it wrong. */
  readonly contentLength?: number;
  /** Further lines, Content-Type among them. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** What an answer has to be like. */
export interface SippAnswer {
  readonly status: number;
  /** Patterns (POSIX) that the answer has to match. */
  readonly matches?: readonly string[];
  /** Takes the challenge for the next request's `[authentication]`. */
  readonly isChallenge?: boolean;
  readonly withinMs?: number;
}

/** A scenario of sipp from its steps. */
export function scenario(...steps: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="peer">\n${steps.join("\n")}\n</scenario>\n`;
}

/** Sends a request. `retrans` is sipp's own retransmission over UDP, off when 0. */
export function send(request: SippRequest, retransMs = 500): string {
  const retrans = retransMs > 0 ? ` retrans="${retransMs}"` : "";
  return `<send${retrans}><![CDATA[\n\n${format(request)}\n]]></send>`;
}

/** Waits for an answer; anything else ends the call as failed. */
export function receive({
  status,
  matches = [],
  isChallenge = false,
  withinMs = 15_000,
}: SippAnswer): string {
  const checks = matches.map(
    (pattern, index) =>
      `<ereg regexp="${escapeXml(pattern)}" search_in="msg" check_it="true" assign_to="m${index}"/>`,
  );
  const names = matches.map((_, index) => `m${index}`).join(",");
  const action = matches.length > 0 ? `<action>${checks.join("")}</action>` : "";
  const reference = matches.length > 0 ? `<Reference variables="${names}"/>` : "";
  const auth = isChallenge ? ` auth="true"` : "";
  const optional = `<recv response="100" optional="true"/>`;
  return `${optional}\n<recv response="${status}" timeout="${withinMs}"${auth}>${action}</recv>\n${reference}`;
}

/** Waits for a request, and answers it. */
export function serve(method: string, status: string, matches: readonly string[] = []): string {
  const checks = matches.map(
    (pattern, index) =>
      `<ereg regexp="${escapeXml(pattern)}" search_in="msg" check_it="true" assign_to="s${index}"/>`,
  );
  const action = matches.length > 0 ? `<action>${checks.join("")}</action>` : "";
  const reference =
    matches.length > 0 ? `<Reference variables="${matches.map((_, index) => `s${index}`).join(",")}"/>` : "";
  const lines = [
    `SIP/2.0 ${status}`,
    "[last_Via:]",
    "[last_From:]",
    "[last_To:];tag=sipp[call_number]",
    "[last_Call-ID:]",
    "[last_CSeq:]",
    "Content-Length: 0",
  ];
  const answer = `<send><![CDATA[\n\n${lines.join("\n")}\n\n]]></send>`;
  return `<recv request="${method}">${action}</recv>\n${reference}\n${answer}`;
}

/** Waits, and fails on whatever arrives in the meantime. */
export const pause = (milliseconds: number): string => `<pause milliseconds="${milliseconds}"/>`;

function format({ method, uri, from, to = uri, cseq = 1, maxForwards = 70, ...rest }: SippRequest): string {
  const { cseqMethod = method, branch = "[branch]", headers = [], body = "", without = [] } = rest;
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=${branch};rport`,
    `Max-Forwards: ${maxForwards}`,
    `From: <${from}>;tag=[pid]t[call_number]`,
    `To: <${to}>`,
    "Call-ID: [call_id]",
    `CSeq: ${cseq} ${cseqMethod}`,
    ...headers,
    `Content-Length: ${rest.contentLength ?? "[len]"}`,
  ];
  const kept = lines.filter((line) => !without.some((beginning) => line.startsWith(beginning)));
  return `${kept.join("\n")}\n\n${body}`;
}

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
