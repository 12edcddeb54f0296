import type { SipStack } from "@heliograph/sip";
import type { NativeSipStack, StackSnapshot } from "@heliograph/sip-stack";
import type { Metrics } from "@heliograph/telemetry";

/** What the native stack counts, among the numbers of the process: floods, malformed messages, connections, failures. */
export function observeStack(stack: SipStack, metrics: Pick<Metrics, "gauge" | "observedCounter">): void {
  if (!isNative(stack)) return;
  for (const key of keysOf(stack.snapshot)) {
    const name = `heliograph_sip_stack_${spaced(key, "_")}`;
    const about = `SIP stack: ${spaced(key, " ")}`;
    const read = () => stack.snapshot[key];
    if (levels.has(key)) metrics.gauge(name, `${about} now`, read);
    else metrics.observedCounter(`${name}_total`, about, read);
  }
}

const levels: ReadonlySet<string> = new Set(["openConnections", "openTransactions", "liveTransactions"]);

const spaced = (key: string, space: string): string =>
  key.replace(/[A-Z]/g, (letter) => space + letter.toLowerCase());

function isNative(stack: SipStack): stack is NativeSipStack {
  return "snapshot" in stack;
}

function keysOf(snapshot: StackSnapshot): readonly (keyof StackSnapshot)[] {
  return Object.keys(snapshot) as (keyof StackSnapshot)[];
}
