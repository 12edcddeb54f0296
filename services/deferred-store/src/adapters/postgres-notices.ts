import { type Database, statement } from "@heliograph/database";
import type { Clock } from "@heliograph/kernel";
import type { Notice, Notices } from "../ports.js";
import { isUnopenable, unseal } from "./envelope.js";
import type { KeyRing } from "./key-ring.js";
import { noticeRowOf } from "./postgres-queues.js";

interface Deps {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly clock: Pick<Clock, "nowMs">;
}

/** IMDNs that are owed, in Postgres: taken by one worker at a time, gone once they are handed over. */
export class PostgresNotices implements Notices {
  constructor(private readonly deps: Deps) {}

  async take(limit: number, leaseMs: number): Promise<readonly Notice[]> {
    const { database, keys, clock } = this.deps;
    const nowMs = clock.nowMs();
    const rows = await database.query<NoticeRow>(takeNotices, [nowMs, nowMs + leaseMs, limit]);
    const notices: Notice[] = [];
    for (const { seq, id, attempts, created_at: createdAtMs, key_id: keyId, sealed } of rows) {
      const opened = unseal({ keyId, octets: sealed }, noticeRowOf(id), keys);
      if (!isUnopenable(opened)) notices.push({ seq, attempts, createdAtMs, message: opened.message });
      else if (opened.kind === "damaged") await this.settle(seq);
    }
    return notices.sort((a, b) => a.seq - b.seq);
  }

  async settle(seq: number): Promise<void> {
    await this.deps.database.hot(deleteNotice, [seq]);
  }

  async retry(seq: number, dueInMs: number): Promise<void> {
    await this.deps.database.hot(retryNotice, [seq, this.deps.clock.nowMs() + dueInMs]);
  }
}

interface NoticeRow {
  readonly seq: number;
  readonly id: string;
  readonly attempts: number;
  readonly created_at: number;
  readonly key_id: string;
  readonly sealed: Buffer;
}

const takeNotices = statement(
  "deferred/take-notices",
  `UPDATE deferred.notices SET due_at = $2, attempts = attempts + 1
    WHERE seq IN (SELECT seq FROM deferred.notices WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
   RETURNING seq, id, attempts, created_at, key_id, sealed`,
);

const deleteNotice = statement("deferred/delete-notice", "DELETE FROM deferred.notices WHERE seq = $1");

const retryNotice = statement(
  "deferred/retry-notice",
  "UPDATE deferred.notices SET due_at = $2 WHERE seq = $1",
);
