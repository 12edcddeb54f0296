import { type Database, statement } from "@heliograph/database";
import type { Leases } from "../ports.js";

interface Deps {
  readonly database: Database;
  /** Names this worker, and nobody else ever. */
  readonly worker: string;
  readonly leaseMs: number;
}

/**
 * Leases in the row of the owner, by the clock of Postgres, which all workers share. A lease that is not renewed runs
 * out, and its owner is due like any other.
 *
 * @spec DF-46
 */
export class PostgresLeases implements Leases {
  constructor(private readonly deps: Deps) {}

  async take(owner: string, isBackOffOver: boolean): Promise<boolean> {
    const { database, worker, leaseMs } = this.deps;
    const rows = await database.hot(take, [owner, worker, leaseMs, isBackOffOver]);
    return rows.length > 0;
  }

  async takeDue(limit: number): Promise<readonly string[]> {
    const { database, worker, leaseMs } = this.deps;
    return ownersOf(await database.query<OwnerRow>(takeDue, [worker, leaseMs, limit]));
  }

  async renew(owners: readonly string[]): Promise<ReadonlySet<string>> {
    const { database, worker, leaseMs } = this.deps;
    return new Set(ownersOf(await database.query<OwnerRow>(renew, [worker, leaseMs, owners])));
  }

  async release(owner: string, outcome: { dueInMs: number | undefined; failures: number }): Promise<void> {
    const { database, worker } = this.deps;
    await database.hot(release, [owner, worker, outcome.dueInMs ?? null, Math.min(outcome.failures, 1000)]);
  }

  async schedule(owner: string, dueInMs: number): Promise<void> {
    await this.deps.database.hot(schedule, [owner, dueInMs]);
  }

  async failuresOf(owner: string): Promise<number> {
    const [row] = await this.deps.database.hot<{ failures: number }>(selectFailures, [owner]);
    return row?.failures ?? 0;
  }

  async ownersAfter(owner: string, limit: number): Promise<readonly { owner: string; isIdle: boolean }[]> {
    return this.deps.database.query<{ owner: string; isIdle: boolean }>(selectOwners, [owner, limit]);
  }
}

interface OwnerRow {
  readonly owner: string;
}

const ownersOf = (rows: readonly OwnerRow[]): readonly string[] => rows.map(({ owner }) => owner);

const now = "(extract(epoch FROM clock_timestamp()) * 1000)::int8";

const take = statement(
  "deferred/take-lease",
  `UPDATE deferred.owners SET leased_by = $2, due_at = ${now} + $3::int8
    WHERE owner = $1 AND messages > receiving
      AND (due_at IS NULL OR due_at <= ${now} OR leased_by = $2 OR (leased_by IS NULL AND $4::boolean))
   RETURNING owner`,
);

const takeDue = statement(
  "deferred/take-due-leases",
  `UPDATE deferred.owners SET leased_by = $1, due_at = ${now} + $2::int8
    WHERE owner IN (SELECT owner FROM deferred.owners WHERE due_at <= ${now}
                     ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
   RETURNING owner`,
);

const renew = statement(
  "deferred/renew-leases",
  `UPDATE deferred.owners SET due_at = ${now} + $2::int8
    WHERE owner IN (SELECT owner FROM deferred.owners
                     WHERE owner = ANY ($3::text[]) AND leased_by = $1 AND due_at > ${now}
                     ORDER BY owner FOR UPDATE)
   RETURNING owner`,
);

const release = statement(
  "deferred/release-lease",
  `UPDATE deferred.owners SET leased_by = NULL, due_at = ${now} + $3::int8, failures = $4
    WHERE owner = $1 AND leased_by = $2`,
);

const schedule = statement(
  "deferred/schedule-owner",
  `UPDATE deferred.owners SET due_at = ${now} + $2::int8
    WHERE owner = $1 AND leased_by IS NULL AND messages > receiving AND due_at IS NULL`,
);

const selectFailures = statement(
  "deferred/select-failures",
  "SELECT failures FROM deferred.owners WHERE owner = $1",
);

const selectOwners = statement(
  "deferred/select-owners",
  `SELECT owner, due_at IS NULL AS "isIdle" FROM deferred.owners
    WHERE owner > $1 AND messages > receiving ORDER BY owner LIMIT $2`,
);
