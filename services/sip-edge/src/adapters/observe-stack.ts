import type { NativeSipStack, StackSnapshot } from "@heliograph/sip-stack";
import type { Metrics } from "@heliograph/telemetry";

/** What the stack counts, among the numbers of the process: floods, malformed messages, connections, failures. */
export function observeStack(stack: Pick<NativeSipStack, "snapshot">, metrics: Metrics): void {
  for (const key of keysOf(stack.snapshot)) {
    const name = `heliograph_sip_stack_${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    const read = () => stack.snapshot[key];
    const words = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    if (levels.has(key)) metrics.gauge(name, `SIP stack: ${words} now`, read);
    else metrics.observedCounter(`${name}_total`, `SIP stack: ${words}`, read);
  }
}

const levels: ReadonlySet<string> = new Set(["openConnections", "openTransactions", "liveTransactions"]);

function keysOf(snapshot: StackSnapshot): readonly (keyof StackSnapshot)[] {
  return Object.keys(snapshot) as (keyof StackSnapshot)[];
}
