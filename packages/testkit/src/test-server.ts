/** A server that belongs to one test: it may be killed. */
export interface TestServer {
  readonly url: string;
  /** Where it came from, for the list of what a run used: "environment", "container", "program", "embedded". */
  readonly source: ServerSource;
  /** Ends it in an orderly way and removes what it left. */
  stop(): Promise<void>;
  /** Ends it as a crash would (SIGKILL); what it wrote stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port, over what it wrote; kills it first where it runs. */
  restart(): Promise<void>;
}

export type ServerSource = "environment" | "container" | "program" | "embedded";

/** A server that a URL in the environment names: ours to use, not to stop. */
export function serverOfEnvironment(variable: string, url: string): TestServer {
  const refuse = () =>
    Promise.reject(new Error(`${variable} names this server: it is not ours to kill; unset it`));
  return { url, source: "environment", stop: () => Promise.resolve(), kill: refuse, restart: refuse };
}
