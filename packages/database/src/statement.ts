/** SQL text under a name: prepared once on each connection that runs it. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Names a statement; the name must be unique in the process. */
export const statement = (name: string, text: string): Statement => ({ name, text });
