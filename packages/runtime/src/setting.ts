/** One setting as its service declares it: what the configuration page shows. */
export interface Setting {
  readonly name: string;
  /** What may be written: "whole number", "duration", "one of udp, tcp" … */
  readonly kind: string;
  /** As it would be written; undefined where there is none. */
  readonly fallback: string | undefined;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  /** One line. */
  readonly about: string;
}
