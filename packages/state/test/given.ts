import type { Binding, Conversation } from "@heliograph/contracts";

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

/** A conversation between Alice and Bob; each test says only what differs. */
export function conversation(differs: Partial<Conversation> = {}): Conversation {
  return {
    id: "c1",
    purpose: "session",
    callerAor: "sip:alice@a.example",
    calleeAor: "sip:bob@a.example",
    caller: { kind: "sip", node: "edge1", incarnation: "i1", leg: "leg-a" },
    callee: { kind: "sip", node: "edge2", incarnation: "i2", leg: "leg-b" },
    anchor: { node: "relay1", incarnation: "i3", session: "s1" },
    descriptions: { caller: Uint8Array.of(1, 0, 255), callee: Uint8Array.of(2) },
    startedAtMs: 1_700_000_000_000,
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
