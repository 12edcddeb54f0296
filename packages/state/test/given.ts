import type { Binding } from "@heliograph/contracts";

/** A binding; each test says only what differs. */
export function binding(differs: Partial<Binding> = {}): Binding {
  return {
    kind: "device",
    key: "sip:alice@192.0.2.1:5060",
    contact: "sip:alice@192.0.2.1:5060",
    q: 1000,
    expiresAtMs: Date.now() + 60_000,
    callId: "call-1",
    cseq: 1,
    path: [],
    params: [["+g.oma.sip-im", null]],
    node: "edge1",
    registeredAtMs: Date.now(),
    ...differs,
  };
}

/** A clock that a test sets; starts now, because Redis has a clock of its own. */
export class TestClock {
  #aheadMs = 0;

  nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
  }
}
