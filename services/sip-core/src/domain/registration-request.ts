import type { Binding, sipCore } from "@heliograph/contracts";
import { err, ok, type Result } from "@heliograph/kernel";
import { domainOf, type NameAddr, parseNameAddr, parseUri, type Uri, uriEquals } from "@heliograph/sip";
import { type Refusal, refuse } from "./refusal.js";

/** A contact of a REGISTER. */
export interface RequestedContact {
  readonly text: string;
  readonly uri: Uri;
  readonly q: number;
  /** As asked for this contact; undefined where the request decides. */
  readonly expiresS: number | undefined;
  readonly instance: string | undefined;
  readonly regId: number | undefined;
  readonly params: Binding["params"];
}

/** A REGISTER whose address of record is ours and may be changed by whoever sent it. */
export interface RegistrationRequest {
  /** `device`: from the user. `core`: third-party REGISTER by a trusted core. */
  readonly kind: Binding["kind"];
  readonly aor: string;
  readonly callId: string;
  readonly cseq: number;
  readonly contacts: "*" | readonly RequestedContact[];
  readonly expiresS: number | undefined;
  readonly path: readonly string[];
  /** Option tags that the sender supports or requires, lower case. */
  readonly extensions: ReadonlySet<string>;
  readonly node: string;
  readonly flowId: string;
  readonly transport: sipCore.Registration["transport"];
  readonly source: { readonly address: string; readonly port: number } | undefined;
  readonly firstHop: boolean;
}

/** Reads what is needed after the address of record is known; 400 where it cannot be read. @spec rfc3261#10.3 */
export function readRegistration(
  input: sipCore.Registration,
  aor: string,
): Result<RegistrationRequest, Refusal> {
  const contacts = readContacts(input.contacts);
  if (!contacts.ok) return contacts;
  return ok({
    kind: input.asserted === "core" ? "core" : "device",
    aor,
    callId: input.callId,
    cseq: input.cseq,
    contacts: contacts.value,
    expiresS: input.expires === undefined ? undefined : readSeconds(input.expires),
    path: input.path,
    extensions: new Set([...input.supported, ...input.require].map((tag) => tag.toLowerCase())),
    node: input.node,
    flowId: input.flowId,
    transport: input.transport,
    source: input.source,
    firstHop: input.firstHop,
  });
}

/** Whether a Path names, as its first hop, an edge that knows outbound. @spec rfc5626#6 */
export function isOutboundPath(path: readonly string[]): boolean {
  const first = parseNameAddr(path[0] ?? "");
  const uri = first.ok ? parseUri(first.value.uri) : first;
  return uri.ok && (uri.value.scheme === "sip" || uri.value.scheme === "sips") && uri.value.params.has("ob");
}

/** A temporary GRUU and nobody's name: user parts that begin so are not given to subscribers. @spec rfc5627#A.2 */
export const temporaryGruuPrefix = "tgruu.";

/** Whether `contact` leads straight back to `aor`: the address itself, or a GRUU of it. @spec rfc5627#5.1 @spec SC-14 */
export function isLoop({ uri }: RequestedContact, aor: string): boolean {
  if (uri.scheme !== "sip" && uri.scheme !== "sips") return false;
  const ours = parseUri(aor);
  if (ours.ok && uriEquals(uri, ours.value)) return true;
  return (uri.user ?? "").startsWith(temporaryGruuPrefix) && uri.host === domainOf(aor);
}

function readContacts(values: readonly string[]): Result<"*" | readonly RequestedContact[], Refusal> {
  if (values.some((value) => value.trim() === "*")) {
    return values.length === 1 ? ok("*") : err(refuse(400, "Contact * must stand alone"));
  }
  const contacts: RequestedContact[] = [];
  for (const value of values) {
    const nameAddr = parseNameAddr(value);
    const uri = nameAddr.ok ? parseUri(nameAddr.value.uri) : nameAddr;
    if (!nameAddr.ok || !uri.ok) return err(refuse(400, "A Contact cannot be read"));
    contacts.push(readContact(nameAddr.value, uri.value));
  }
  return ok(contacts);
}

/** Parameters with a field of their own, and those that only a registrar may write. @spec GEN-29 */
const readElsewhere = new Set(["q", "expires", "+sip.instance", "reg-id", "pub-gruu", "temp-gruu"]);

function readContact({ uri: text, params }: NameAddr, uri: Uri): RequestedContact {
  const others: Binding["params"] = [];
  for (const [name, value] of params.entries()) {
    if (!readElsewhere.has(name.toLowerCase())) others.push([name, value ?? null]);
  }
  const expires = params.get("expires");
  return {
    text,
    uri,
    q: readQ(params.get("q")),
    expiresS: expires === undefined ? undefined : readSeconds(expires),
    instance: params.get("+sip.instance") || undefined,
    regId: readRegId(params.get("reg-id")),
    params: others,
  };
}

/** What cannot be read counts as an hour. @spec rfc3261#10.2.1.1 @spec rfc3261#20.19 */
function readSeconds(text: string): number {
  return /^\d{1,20}$/.test(text.trim()) ? Math.min(Number(text), 0xffffffff) : 3_600;
}

function readQ(text: string | undefined): number {
  const isQ = text !== undefined && /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text);
  return isQ ? Math.round(Number(text) * 1_000) : 1_000;
}

function readRegId(text: string | undefined): number | undefined {
  const isRegId = text !== undefined && /^[1-9]\d{0,9}$/.test(text) && Number(text) < 2 ** 31;
  return isRegId ? Number(text) : undefined;
}
