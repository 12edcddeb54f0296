import type { sipCore } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { type Database, DatabaseError, statement } from "@heliograph/database";
import { DomainNames } from "../domain/domain-names.js";
import type { Domains, Forgetful } from "../ports.js";

/** A change elsewhere that nobody told us of is seen after so long. */
const refreshAfterMs = 30_000;

const selectDomains = statement(
  "sip-core domains",
  `SELECT d.name, array_remove(array_agg(n.host ORDER BY n.host), d.name) AS aliases
     FROM sip_core.domains d JOIN sip_core.domain_names n ON n.domain = d.name
    GROUP BY d.name ORDER BY d.name`,
);

/** Domains in Postgres, remembered here: they are few, asked for with every request, and change once a year. */
export class PostgresDomains implements Domains, Forgetful {
  #known: DomainNames | undefined;
  #staleAtMs = 0;
  #reading: Promise<DomainNames> | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Pick<Clock, "monotonicMs">,
  ) {}

  names(): Promise<DomainNames> {
    if (this.#known && this.clock.monotonicMs() < this.#staleAtMs) return Promise.resolve(this.#known);
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  forget(aor: string | undefined): void {
    if (aor === undefined) this.#staleAtMs = 0;
  }

  list(): Promise<readonly sipCore.Domain[]> {
    return this.database.query<sipCore.Domain>(selectDomains);
  }

  async add({ name, aliases }: sipCore.Domain): Promise<"added" | "exists"> {
    try {
      await this.database.transaction(async (inside) => {
        await inside.query("INSERT INTO sip_core.domains (name) VALUES ($1)", [name]);
        await inside.query("INSERT INTO sip_core.domain_names (host, domain) SELECT unnest($1::text[]), $2", [
          [name, ...aliases],
          name,
        ]);
      });
      return "added";
    } catch (error) {
      if (error instanceof DatabaseError && error.sqlState === uniqueViolation) return "exists";
      throw error;
    }
  }

  async remove(name: string): Promise<"removed" | "not found" | "has subscribers"> {
    try {
      const removed = await this.database.query(
        "DELETE FROM sip_core.domains WHERE name = $1 RETURNING name",
        [name],
      );
      return removed.length > 0 ? "removed" : "not found";
    } catch (error) {
      if (error instanceof DatabaseError && error.sqlState === foreignKeyViolation) return "has subscribers";
      throw error;
    }
  }

  /** What was known serves on while Postgres is away. */
  async #read(): Promise<DomainNames> {
    try {
      this.#known = new DomainNames(await this.list());
      this.#staleAtMs = this.clock.monotonicMs() + refreshAfterMs;
    } catch (error) {
      if (!this.#known) throw error;
    }
    return this.#known;
  }
}

const uniqueViolation = "23505";
const foreignKeyViolation = "23503";
