import { type Database, DatabaseError, statement } from "@heliograph/database";
import { sipCore } from "@heliograph/contracts";
import { formatCredentials, type Subscriber } from "../domain/subscriber.js";
import type { Listed, NewSubscriber, SubscriberDirectory, SubscriberSettings } from "../ports.js";

interface Row {
  readonly aor: string;
  readonly display: string | null;
  readonly credentials: string;
  readonly is_barred: boolean;
  readonly services: string[];
  readonly disabled: string[];
  readonly when_offline: string;
  readonly when_online: string;
  readonly allows_anonymous: boolean;
  readonly auto_accepts_sessions: boolean;
}

type ListedRow = Pick<Row, "aor" | "display" | "is_barred" | "auto_accepts_sessions">;

const selectMany = statement(
  "sip-core subscribers",
  `SELECT aor, display, credentials, is_barred, services, disabled, when_offline, when_online, allows_anonymous,
          auto_accepts_sessions
     FROM sip_core.subscribers WHERE aor = ANY ($1::text[])`,
);

const selectPage = statement(
  "sip-core page",
  `SELECT aor, display, is_barred, auto_accepts_sessions FROM sip_core.subscribers
    WHERE aor > $1 AND ($2::text IS NULL OR domain = $2) ORDER BY aor LIMIT $3`,
);

/** Subscribers in Postgres. */
export class PostgresSubscribers implements SubscriberDirectory {
  constructor(private readonly database: Database) {}

  /** Those of `aors` who exist, by address of record. */
  async read(aors: readonly string[]): Promise<ReadonlyMap<string, Subscriber>> {
    const rows = await this.database.hot<Row>(selectMany, [aors]);
    return new Map(rows.map((row) => [row.aor, toSubscriber(row)]));
  }

  async add({
    aor,
    domain,
    display,
    credentials,
  }: NewSubscriber): Promise<"added" | "exists" | "no such domain"> {
    try {
      const added = await this.database.query(
        `INSERT INTO sip_core.subscribers (aor, domain, display, credentials) VALUES ($1, $2, $3, $4)
         ON CONFLICT (aor) DO NOTHING RETURNING aor`,
        [aor, domain, display ?? null, formatCredentials(credentials)],
      );
      return added.length > 0 ? "added" : "exists";
    } catch (error) {
      if (error instanceof DatabaseError && error.sqlState === foreignKeyViolation) return "no such domain";
      throw error;
    }
  }

  async change(aor: string, { autoAcceptsSessions }: SubscriberSettings): Promise<boolean> {
    const changed = await this.database.query(
      `UPDATE sip_core.subscribers SET auto_accepts_sessions = coalesce($2::boolean, auto_accepts_sessions)
        WHERE aor = $1 RETURNING aor`,
      [aor, autoAcceptsSessions ?? null],
    );
    return changed.length > 0;
  }

  async remove(aor: string): Promise<boolean> {
    const removed = await this.database.query(
      "DELETE FROM sip_core.subscribers WHERE aor = $1 RETURNING aor",
      [aor],
    );
    return removed.length > 0;
  }

  async page(query: Parameters<SubscriberDirectory["page"]>[0]): Promise<readonly Listed[]> {
    const values = [query.after ?? "", query.domain ?? null, query.limit];
    const rows = await this.database.query<ListedRow>(selectPage, values);
    return rows.map((row) => ({
      aor: row.aor,
      display: row.display ?? undefined,
      isBarred: row.is_barred,
      autoAcceptsSessions: row.auto_accepts_sessions,
    }));
  }

  async count(): Promise<number> {
    const [row] = await this.database.query<{ readonly count: number }>(
      "SELECT count(*) AS count FROM sip_core.subscribers",
    );
    return row?.count ?? 0;
  }
}

const foreignKeyViolation = "23503";

/** Most subscribers have the same: one copy of it serves them all. */
const shared = new Map<string, sipCore.Profile["services"]>();
const nothing: string[] = [];

function toSubscriber(row: Row): Subscriber {
  const profile: sipCore.Profile = {
    aor: row.aor,
    isBarred: row.is_barred,
    services: servicesOf(row.services),
    disabled: row.disabled.length === 0 ? nothing : row.disabled,
    whenOffline: row.when_offline === "refuse" ? "refuse" : "defer",
    whenOnline: row.when_online === "store" ? "store" : "deliver",
    allowsAnonymous: row.allows_anonymous,
    ...(row.auto_accepts_sessions && { autoAcceptsSessions: true }),
    ...(row.display === null ? undefined : { display: row.display }),
  };
  return { profile, credentials: row.credentials };
}

function servicesOf(names: readonly string[]): sipCore.Profile["services"] {
  const key = names.join();
  const known =
    shared.get(key) ??
    names.flatMap((name) => sipCore.Profile.shape.services.element.safeParse(name).data ?? []);
  if (shared.size < 100) shared.set(key, known);
  return known;
}
