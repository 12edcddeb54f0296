import type { PagerMessage } from "@heliograph/contracts";
import { BatchingWriter, type Database, statement } from "@heliograph/database";
import type { Clock } from "@heliograph/kernel";
import type { Cause, Place } from "../domain/deferred-message.js";
import type { Finishing, Found, Queues, Scope, Stored, Storing, Usage } from "../ports.js";
import { isUnopenable, type Sealed, seal, unseal } from "./envelope.js";
import type { KeyRing } from "./key-ring.js";

/** The operator's limits of one owner's queue. @spec DF-09 */
export interface Quota {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly whenFull: "reject-new" | "drop-oldest";
}

/** How rows are grouped into commits. */
export interface Batching {
  readonly maxRows: number;
  readonly maxWaitMs: number;
  readonly maxConcurrent: number;
}

interface Deps {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly clock: Pick<Clock, "nowMs">;
  readonly quota: Quota;
  readonly batching: Batching;
}

interface ToStore {
  readonly storing: Storing;
  readonly sealed: Sealed;
  readonly notice: Sealed | undefined;
}

/** The queues in Postgres: many messages share a commit, and nobody is answered before it. */
export class PostgresQueues implements Queues {
  readonly #stores: BatchingWriter<ToStore, Stored>;
  readonly #ends: BatchingWriter<Finishing, undefined>;

  constructor(private readonly deps: Deps) {
    this.#stores = new BatchingWriter({
      ...deps.batching,
      sizeOf: ({ sealed }) => sealed.octets.length,
      write: (rows) => this.#writeStores(rows),
    });
    this.#ends = new BatchingWriter({ ...deps.batching, write: (rows) => this.#writeEnds(rows) });
  }

  store(storing: Storing): Promise<Stored> {
    const { keys } = this.deps;
    const { message, owner, notice } = storing;
    return this.#stores.add({
      storing,
      sealed: seal({ message, large: undefined }, rowOf(owner, message.id), keys),
      notice: notice && sealNotice(notice, message.id, keys),
    });
  }

  finish(finishing: Finishing): Promise<undefined> {
    return this.#ends.add(finishing);
  }

  async nextOf(owner: string, scope: Scope, after: number, limit: number): Promise<readonly Found[]> {
    const rows = await this.deps.database.hot<MessageRow>(selectNext, [owner, scope, after, limit]);
    return rows.map((row) => this.#found(row));
  }

  async retrievableOf(
    owner: string,
    ids: readonly string[],
    after: number,
    limit: number,
  ): Promise<readonly Found[]> {
    const rows = await this.deps.database.query<MessageRow>(selectRetrievable, [owner, ids, after, limit]);
    return rows.map((row) => this.#found(row));
  }

  async unknownAmong(owner: string, ids: readonly string[]): Promise<readonly string[]> {
    const rows = await this.deps.database.query<{ id: string }>(selectUnknown, [owner, ids]);
    return rows.map(({ id }) => id);
  }

  async noteFailure({ owner, seq }: Place, error: string, maxAttempts: number): Promise<void> {
    const { database, clock } = this.deps;
    await database.hot(updateFailure, [owner, seq, error.slice(0, 200), maxAttempts, clock.nowMs()]);
  }

  async over(limit: number): Promise<readonly Found[]> {
    const rows = await this.deps.database.query<MessageRow>(selectOver, [this.deps.clock.nowMs(), limit]);
    return rows.map((row) => this.#found(row));
  }

  async usageOf(owner: string | undefined): Promise<Usage> {
    const { database } = this.deps;
    const [row] = await (owner === undefined
      ? database.query<UsageRow>(selectUsage)
      : database.hot<UsageRow>(selectUsageOfOwner, [owner]));
    return { waiting: row?.waiting ?? 0, bytes: row?.bytes ?? 0, oldestAtMs: row?.oldest ?? undefined };
  }

  async forget(tombstonesBeforeMs: number, chargingBeforeMs: number): Promise<void> {
    await this.deps.database.query(deleteTombstones, [tombstonesBeforeMs]);
    await this.deps.database.query(deleteIdleOwners);
    await this.deps.database.query(deleteCharging, [chargingBeforeMs]);
  }

  async drain(): Promise<void> {
    await Promise.all([this.#stores.drain(), this.#ends.drain()]);
  }

  async #writeStores(rows: readonly ToStore[]): Promise<readonly Stored[]> {
    const { database, quota, keys, clock } = this.deps;
    const { firsts, firstOf } = withoutRepeats(rows);
    const exceptions = await database.hot<{ place: number; outcome: Stored }>(storeMessages, [
      ...toColumns(firsts),
      quota.maxMessages,
      quota.maxBytes,
      quota.whenFull === "drop-oldest",
      clock.nowMs(),
      keys.current,
    ]);
    const outcomes = firsts.map((): Stored => "stored");
    for (const { place, outcome } of exceptions) outcomes[place - 1] = outcome;
    if (firsts.length === rows.length) return outcomes;
    return rows.map((row, index) => {
      const first = firstOf[index] ?? 0;
      const outcome = outcomes[first] ?? "stored";
      return outcome === "stored" && firsts[first] !== row ? "repeat" : outcome;
    });
  }

  async #writeEnds(rows: readonly Finishing[]): Promise<readonly undefined[]> {
    const { database, keys, clock } = this.deps;
    const noticePlaces: number[] = [];
    const notices: Uint8Array[] = [];
    rows.forEach(({ id, notice }, index) => {
      if (!notice) return;
      noticePlaces.push(index + 1);
      notices.push(sealNotice(notice, id, keys).octets);
    });
    await database.hot(finishMessages, [
      rows.map(({ owner }) => owner),
      rows.map(({ seq }) => seq),
      rows.map(({ ending }) => ending),
      rows.map(({ error }) => error?.slice(0, 200) ?? null),
      noticePlaces,
      notices,
      keys.current,
      clock.nowMs(),
    ]);
    return rows.map(() => undefined);
  }

  #found(row: MessageRow): Found {
    const { owner, seq, id, state, cause, attempts, key_id: keyId, sealed } = row;
    const opened = unseal({ keyId, octets: sealed }, rowOf(owner, id), this.deps.keys);
    if (isUnopenable(opened)) return { owner, seq, id, why: opened.kind };
    return { owner, seq, id, state, cause, attempts, expiresAtMs: row.expires_at, ...opened };
  }
}

/** What an envelope is bound to. */
export const rowOf = (owner: string, id: string): string => `message\n${owner}\n${id}`;

/** What the envelope of a notice is bound to. */
export const noticeRowOf = (id: string): string => `notice\n${id}`;

/** Encrypts the IMDN that is owed about a message. */
export const sealNotice = (notice: PagerMessage, id: string, keys: KeyRing): Sealed =>
  seal({ message: notice, large: undefined }, noticeRowOf(id), keys);

interface MessageRow {
  readonly owner: string;
  readonly seq: number;
  readonly id: string;
  readonly state: "waiting" | "notify-only" | "dropped";
  readonly cause: Cause;
  readonly attempts: number;
  readonly expires_at: number;
  readonly key_id: string;
  readonly sealed: Buffer;
}

interface UsageRow {
  readonly waiting: number;
  readonly bytes: number;
  readonly oldest: number | null;
}

/** The rows as columns; contents in one blob, which crosses the wire as octets. */
function toColumns(rows: readonly ToStore[]): readonly unknown[] {
  const starts: number[] = [];
  const noticePlaces: number[] = [];
  const notices: Uint8Array[] = [];
  let start = 1;
  for (const [index, { sealed, notice }] of rows.entries()) {
    starts.push(start);
    start += sealed.octets.length;
    if (!notice) continue;
    noticePlaces.push(index + 1);
    notices.push(notice.octets);
  }
  return [
    rows.map(({ storing }) => storing.owner),
    rows.map(({ storing }) => storing.message.id),
    rows.map(({ storing }) => storing.cause),
    rows.map(({ storing }) => storing.keys.call),
    rows.map(({ storing }) => storing.keys.message ?? null),
    Buffer.concat(rows.map(({ sealed }) => sealed.octets)),
    starts,
    rows.map(({ sealed }) => sealed.octets.length),
    rows.map(({ storing }) => storing.message.receivedAtMs),
    rows.map(({ storing }) => storing.expiresAtMs),
    noticePlaces,
    notices,
  ];
}

/** Rows that repeat an earlier one of the same batch share its fate. `firstOf`: for each row, where that one is. */
function withoutRepeats(rows: readonly ToStore[]): {
  readonly firsts: readonly ToStore[];
  readonly firstOf: readonly number[];
} {
  const firsts: ToStore[] = [];
  const placeOf = new Map<string, number>();
  const firstOf = rows.map((row) => {
    const { call, message = call } = row.storing.keys;
    const place = placeOf.get(call) ?? placeOf.get(message) ?? firsts.push(row) - 1;
    placeOf.set(call, place).set(message, place);
    return place;
  });
  return { firsts, firstOf };
}

const storeMessages = statement(
  "deferred/store-messages",
  `SELECT place, outcome FROM deferred.store_messages(
     $1::text[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $17, $6::bytea, $7::int[], $8::int[], $9::int8[], $10::int8[],
     $11::int[], $12::bytea[], $13::int, $14::int8, $15::boolean, $16::int8)`,
);

const finishMessages = statement(
  "deferred/finish-messages",
  `SELECT deferred.finish_messages($1::text[], $2::int8[], $3::text[], $4::text[], $5::int[], $6::bytea[], $7, $8::int8)`,
);

const columns = "m.owner, m.seq, m.id, m.state, m.cause, m.attempts, m.expires_at, m.key_id, m.sealed";

const selectNext = statement(
  "deferred/select-next",
  `SELECT ${columns} FROM deferred.messages m
    WHERE m.owner = $1 AND m.state = $2 AND m.seq > $3 ORDER BY m.seq LIMIT $4`,
);

const selectRetrievable = statement(
  "deferred/select-retrievable",
  `SELECT ${columns} FROM deferred.messages m
    WHERE m.owner = $1 AND m.state IN ('waiting', 'notify-only') AND m.seq > $3
      AND (cardinality($2::text[]) = 0 OR m.id = ANY ($2::text[])) ORDER BY m.seq LIMIT $4`,
);

const selectUnknown = statement(
  "deferred/select-unknown",
  `SELECT named.id FROM unnest($2::text[]) WITH ORDINALITY AS named (id, place)
    WHERE NOT EXISTS (
      SELECT FROM deferred.messages m
       WHERE m.owner = $1 AND m.state IN ('waiting', 'notify-only') AND m.id = named.id)
    ORDER BY named.place`,
);

const selectOver = statement(
  "deferred/select-over",
  `(SELECT ${columns} FROM deferred.messages m
     WHERE m.state IN ('waiting', 'notify-only') AND m.expires_at <= $1 ORDER BY m.expires_at LIMIT $2)
   UNION ALL
   (SELECT ${columns} FROM deferred.messages m WHERE m.state = 'dropped' ORDER BY m.seq LIMIT $2)`,
);

const updateFailure = statement(
  "deferred/update-failure",
  `UPDATE deferred.messages SET attempts = attempts + 1, attempted_at = $5, last_error = $3,
          state = CASE WHEN attempts + 1 >= $4 THEN 'notify-only' ELSE state END
    WHERE owner = $1 AND seq = $2 AND state IN ('waiting', 'notify-only')`,
);

const selectUsage = statement(
  "deferred/select-usage",
  `SELECT coalesce(sum(messages - receiving), 0)::int8 AS waiting,
          coalesce(sum(bytes - receiving_bytes), 0)::int8 AS bytes,
          (SELECT min(received_at) FROM deferred.messages WHERE state IN ('waiting', 'notify-only')) AS oldest
     FROM deferred.owners`,
);

const selectUsageOfOwner = statement(
  "deferred/select-usage-of-owner",
  `SELECT (messages - receiving)::int8 AS waiting, bytes - receiving_bytes AS bytes,
          (SELECT min(received_at) FROM deferred.messages m
            WHERE m.owner = o.owner AND m.state IN ('waiting', 'notify-only')) AS oldest
     FROM deferred.owners o WHERE o.owner = $1`,
);

const deleteTombstones = statement(
  "deferred/delete-tombstones",
  `DELETE FROM deferred.messages WHERE (owner, seq) IN
     (SELECT owner, seq FROM deferred.messages WHERE finished_at < $1 ORDER BY finished_at LIMIT 5000)`,
);

const deleteIdleOwners = statement(
  "deferred/delete-idle-owners",
  `DELETE FROM deferred.owners WHERE owner IN (
     SELECT owner FROM deferred.owners o WHERE messages = 0 AND leased_by IS NULL AND due_at IS NULL
        AND NOT EXISTS (SELECT FROM deferred.messages m WHERE m.owner = o.owner)
      LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
);

const deleteCharging = statement(
  "deferred/delete-charging",
  `DELETE FROM deferred.charging WHERE seq IN (SELECT seq FROM deferred.charging WHERE at < $1 ORDER BY seq LIMIT 5000)`,
);
