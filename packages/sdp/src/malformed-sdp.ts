import { err, type Err } from "@heliograph/kernel";

/** Why a session description was not read: the rule it breaks, and the octet where it does. */
export interface MalformedSdp {
  readonly rule: string;
  readonly offset: number;
}

/** A rule broken at an octet. */
export const malformed = (rule: string, offset: number): Err<MalformedSdp> => err({ rule, offset });
