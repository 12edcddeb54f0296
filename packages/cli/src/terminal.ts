/** What a command may touch of the world; a test gives its own. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Asks the person; undefined when nobody is there to answer. */
  ask(question: string, options?: { readonly isSecret?: boolean }): Promise<string | undefined>;
  /** Opens the place where lines are typed while others are shown. `onKey` hears of each key. */
  edit(onKey: () => void): LineEditor;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Settles when the person has had enough (Ctrl-C). */
  interrupted(): Promise<void>;
}

/** Where lines are typed while others are shown. */
export interface LineEditor {
  /** Whether a person types; otherwise lines come from a file or a program. */
  readonly isInteractive: boolean;
  /** What is typed, line by line, until it ends (Ctrl-D, Ctrl-C, the end of the input). */
  readonly lines: AsyncIterable<string>;
  /** Shows a line above the one that is being typed. */
  show(line: string): void;
  /** What stands before the line that is being typed. */
  prompt(text: string): void;
  close(): void;
}
