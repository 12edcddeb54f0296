/** Why a body was not read: the rule it breaks, and the octet (or character, in XML) where it does. */
export interface MalformedBody {
  readonly rule: string;
  readonly offset: number;
}
