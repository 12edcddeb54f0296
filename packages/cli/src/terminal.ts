/** What a command may touch of the world; a test gives its own. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Asks the person; undefined when nobody is there to answer. */
  ask(question: string, options?: { readonly isSecret?: boolean }): Promise<string | undefined>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Settles when the person has had enough (Ctrl-C). */
  interrupted(): Promise<void>;
}
