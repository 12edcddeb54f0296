/** Why a text is not what it should be: the rule that it breaks, and how many characters in. */
export interface Malformed {
  readonly rule: string;
  readonly offset: number;
}
