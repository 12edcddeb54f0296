import { Client, type ClientConfig } from "pg";
import { DatabaseError, toDatabaseError } from "./database-error.js";
import type { Statement } from "./statement.js";

/** How many answers may be outstanding before new work is refused: memory stays bounded while the server stalls. */
const maxInFlight = 10_000;

/**
 * One connection on which statements follow each other without waiting for answers. A statement that fails
 * does not touch its neighbours; a connection that fails takes all its statements with it, and the next
 * statement opens another one.
 */
export class PipelinedClient {
  readonly #config: ClientConfig;
  #client: Promise<Client> | undefined;
  #inFlight = 0;
  #isClosed = false;

  constructor(config: ClientConfig) {
    this.#config = { ...config, pipeline: true };
  }

  /** Sends the statement at once. Throws a {@link DatabaseError}. */
  async query<Row extends object>(
    { name, text }: Statement,
    values: readonly unknown[],
  ): Promise<readonly Row[]> {
    if (this.#isClosed) throw new DatabaseError("unavailable", "the database was closed");
    if (this.#inFlight >= maxInFlight)
      throw new DatabaseError("overloaded", "too many statements are waiting");
    this.#inFlight += 1;
    try {
      const client = await this.#connection();
      const result = await client.query<Row>({ name, text, values: [...values] });
      return result.rows;
    } catch (cause) {
      throw toDatabaseError(cause);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Waits for the answers that are due, then closes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const client = await this.#client?.catch(() => undefined);
    await client?.end();
  }

  #connection(): Promise<Client> {
    if (this.#client) return this.#client;
    const client = new Client(this.#config);
    const opening = client.connect().then(() => client);
    const forget = () => {
      if (this.#client === opening) this.#client = undefined;
    };
    client.on("error", forget);
    client.on("end", forget);
    opening.catch(forget);
    this.#client = opening;
    return opening;
  }
}
