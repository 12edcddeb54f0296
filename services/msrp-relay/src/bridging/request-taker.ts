import type { ContinuationFlag, ResponseHead } from "@heliograph/msrp";

/** Takes one request that comes in, as it comes. */
export interface RequestTaker {
  /** A view of the input. */
  onBody(octets: Uint8Array): void;
  onEnd(flag: ContinuationFlag): void;
  /** The rest of it will not come: its connection closed, or it is not what it should be. */
  onBroken(): void;
}

/** Takes the response to a request of ours. */
export interface AnswerTaker {
  /** When a response is overdue; infinity while the request is being written. */
  readonly dueMs: number;
  /** No response is the best one: only an error is told. @spec MS-08 */
  readonly isLenient: boolean;
  /** Without a response: nobody answered. */
  onAnswer(status: number, comment: string | undefined, response?: ResponseHead): void;
}

/** Passes over what nobody wants any more. */
export const nobody: RequestTaker = {
  onBody: () => undefined,
  onEnd: () => undefined,
  onBroken: () => undefined,
};
