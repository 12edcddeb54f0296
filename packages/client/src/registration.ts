import type { Chance, Clock, Timer } from "@heliograph/kernel";
import { createRequest, type Outcome, type SipRequest, type SipResponse, type Target } from "@heliograph/sip";
import type { requestSender } from "./request-sender.js";

/** What a REGISTER came to. */
export type Registered =
  | { readonly kind: "registered"; readonly expiresS: number }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string }
  | { readonly kind: "unreachable"; readonly reason: string };

interface Deps {
  readonly send: ReturnType<typeof requestSender>;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly aor: string;
  readonly domain: string;
  readonly contact: () => string;
  readonly target: () => Target;
  readonly expiresS: number;
}

const shortestRefreshS = 5;

/**
 * Keeps one binding of the user alive: registers, refreshes well before the expiry, backs off when refused.
 *
 * @spec CL-01
 * @spec CL-03
 * @spec rfc3261#10.2
 */
export class ClientRegistration {
  readonly #callId: string;
  readonly #tag: string;
  #cseq = 0;
  #expiresS: number;
  #refresh: Timer | undefined;
  #failures = 0;

  constructor(private readonly deps: Deps) {
    this.#callId = deps.chance.token(16);
    this.#tag = deps.chance.token(8);
    this.#expiresS = deps.expiresS;
  }

  /** Registers now, and goes on refreshing until {@link stop}. */
  async start(): Promise<Registered> {
    this.#refresh?.cancel();
    const outcome = await this.#register(this.#expiresS);
    const registered = readOutcome(outcome);
    this.#armRefresh(registered);
    return registered;
  }

  /** Removes the binding. Settles when the server has answered, or has not. */
  async stop(): Promise<void> {
    this.#refresh?.cancel();
    this.#refresh = undefined;
    await this.#register(0);
  }

  /** Stops refreshing and leaves the binding to expire, as a device does that drops off. */
  abandon(): void {
    this.#refresh?.cancel();
    this.#refresh = undefined;
  }

  async #register(expiresS: number): Promise<Outcome> {
    const outcome = await this.#attempt(expiresS);
    const minimum = outcome.kind === "response" ? minimumExpiry(outcome.response) : undefined;
    if (minimum === undefined || expiresS === 0) return outcome;
    this.#expiresS = minimum;
    return this.#attempt(minimum);
  }

  #attempt(expiresS: number): Promise<Outcome> {
    const { send, target } = this.deps;
    return send(
      (cseq) => this.#request(cseq, expiresS),
      () => ++this.#cseq,
      target(),
    );
  }

  #request(cseq: number, expiresS: number): SipRequest {
    const { aor, domain, contact } = this.deps;
    return createRequest({
      method: "REGISTER",
      requestUri: `sip:${domain}`,
      headers: [
        ["Max-Forwards", "70"],
        ["From", `<${aor}>;tag=${this.#tag}`],
        ["To", `<${aor}>`],
        ["Call-ID", this.#callId],
        ["CSeq", `${cseq} REGISTER`],
        ["Contact", contact()],
        ["Expires", String(expiresS)],
        ["Supported", "path, outbound, gruu"],
      ],
    });
  }

  #armRefresh(registered: Registered): void {
    this.#failures = registered.kind === "registered" ? 0 : this.#failures + 1;
    if (registered.kind === "refused" && registered.status < 500) return;
    const delayS =
      registered.kind === "registered"
        ? Math.max(shortestRefreshS, registered.expiresS * 0.8)
        : Math.min(60, 2 ** this.#failures);
    this.#refresh = this.deps.clock.after(delayS * 1000, () => void this.start());
  }
}

function readOutcome(outcome: Outcome): Registered {
  if (outcome.kind === "silent") return { kind: "unreachable", reason: "the server does not answer" };
  if (outcome.kind === "unreachable") return outcome;
  const { response } = outcome;
  if (response.status >= 300) return { kind: "refused", status: response.status, reason: response.reason };
  return { kind: "registered", expiresS: grantedExpiry(response) };
}

/** The shortest expiry in the answer: other devices of the user may stand in it too, and early is safe. */
function grantedExpiry(response: SipResponse): number {
  const granted = response.headers
    .values("Contact")
    .flatMap((contact) => /;\s*expires\s*=\s*(\d+)/i.exec(contact)?.[1] ?? [])
    .map(Number);
  return Math.min(...granted, Number(response.headers.get("Expires") ?? 3600));
}

function minimumExpiry(response: SipResponse): number | undefined {
  const minimum = response.status === 423 ? Number(response.headers.get("Min-Expires")) : Number.NaN;
  return Number.isInteger(minimum) && minimum > 0 && minimum < 86_400 ? minimum : undefined;
}
