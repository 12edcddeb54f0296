import type { DnsAnswer, DnsQuestion } from "@heliograph/sip";

/** DNS as RFC 3263 uses it. */
export interface DnsQuestions {
  /** The answer, and for how long it holds. A name that does not exist has no records. Rejects when nobody answers. */
  ask(question: DnsQuestion): Promise<TimedAnswer>;
}

/** An answer and its time to live. */
export interface TimedAnswer {
  readonly answer: DnsAnswer;
  readonly ttlS: number;
}

/** No such records. */
export function noRecords({ kind }: DnsQuestion): DnsAnswer {
  return { kind, records: [] };
}
