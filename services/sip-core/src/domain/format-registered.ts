import type { Binding, HeaderField } from "@heliograph/contracts";
import { isFeatureTag, quoteString } from "@heliograph/sip";
import type { Accepted } from "./decide-registration.js";
import { publicGruuOf, type TemporaryGruus } from "./gruu.js";
import type { RegistrationPolicy } from "./registration-policy.js";
import type { RegistrationRequest } from "./registration-request.js";

/** With what the answer is written. */
export interface RegisteredContext {
  readonly request: RegistrationRequest;
  readonly policy: RegistrationPolicy;
  readonly gruus: Pick<TemporaryGruus, "issue">;
  /** URIs that belong to the user. */
  readonly associated: readonly string[];
  readonly nowMs: number;
}

/** The headers of a 200 to REGISTER. @spec rfc3261#10.3 @spec GEN-23 @spec GEN-24 @spec GEN-25 @spec GEN-26 @spec GEN-27 */
export function formatRegistered(accepted: Accepted, context: RegisteredContext): HeaderField[] {
  const { request, policy, associated, nowMs } = context;
  const headers: HeaderField[] = accepted.bindings.map((binding) => [
    "Contact",
    formatContact(binding, context),
  ]);
  for (const path of request.path) headers.push(["Path", path]);
  for (const route of policy.serviceRoute) headers.push(["Service-Route", looseRoute(route)]);
  if (associated.length > 0)
    headers.push(["P-Associated-URI", associated.map((uri) => `<${uri}>`).join(", ")]);
  if (accepted.isOutbound) {
    headers.push(["Require", "outbound"]);
    if (accepted.isAvailable) headers.push(["Flow-Timer", String(policy.flowTimerS)]);
  }
  headers.push(["Supported", "path, outbound"], ["Date", new Date(nowMs).toUTCString()]);
  return headers;
}

function formatContact(binding: Binding, { request, gruus, nowMs }: RegisteredContext): string {
  const { contact, q, instance, regId, params } = binding;
  let text = `<${contact}>`;
  if (q < 1_000) text += `;q=${q / 1_000}`;
  for (const [name, value] of params)
    text += value === null ? `;${name}` : `;${name}=${formatValue(name, value)}`;
  if (instance !== undefined) text += `;+sip.instance=${quoteString(instance)}`;
  if (regId !== undefined) text += `;reg-id=${regId}`;
  if (instance !== undefined && binding.kind === "device" && request.extensions.has("gruu")) {
    const issuedAtMs = Math.max(nowMs, binding.instanceSinceMs ?? nowMs);
    text += `;pub-gruu=${quoteString(publicGruuOf(request.aor, instance))}`;
    text += `;temp-gruu=${quoteString(gruus.issue(request.aor, instance, issuedAtMs))}`;
  }
  return `${text};expires=${Math.max(0, Math.ceil((binding.expiresAtMs - nowMs) / 1_000))}`;
}

/** The value of a feature tag is always quoted; others where they have to be. @spec rfc3840#9 @spec GEN-24 */
function formatValue(name: string, value: string): string {
  return isFeatureTag(name) || !/^[\w\-.!%*+`'~]+$/.test(value) ? quoteString(value) : value;
}

/** @spec rfc3608#6.3 */
function looseRoute(route: string): string {
  const uri = route.replace(/^<|>$/g, "");
  return /;lr(?:[;=?]|$)/i.test(uri) ? `<${uri}>` : `<${uri};lr>`;
}
