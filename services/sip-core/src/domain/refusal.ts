import type { HeaderField } from "@heliograph/contracts";

/** A request that is not done, and how to say so. */
export interface Refusal {
  readonly kind: "refused";
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderField[];
}

/** Refuses with a status, a reason for people and headers for programs. */
export function refuse(status: number, reason: string, ...headers: HeaderField[]): Refusal {
  return { kind: "refused", status, reason, headers };
}
