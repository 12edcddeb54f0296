import { type Database, statement } from "@heliograph/database";
import type { Clock } from "@heliograph/kernel";
import type { LargeContent } from "../domain/large-content.js";
import type { Arrival, Contents, Piece, Storing } from "../ports.js";
import { decrypt, encrypt, seal } from "./envelope.js";
import type { KeyRing } from "./key-ring.js";
import { type Quota, rowOf, sealNotice } from "./postgres-queues.js";

interface Deps {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly clock: Pick<Clock, "nowMs">;
  readonly quota: Quota;
  /** How long what a worker that died was receiving stays reserved. */
  readonly leaseMs: number;
}

/**
 * The contents of large messages in Postgres: a row a piece, sealed with a key of the content, which only the envelope
 * of the message has. Nothing of these goes over the shared connection of the small ones.
 */
export class PostgresContents implements Contents {
  constructor(private readonly deps: Deps) {}

  async begin({ content, owner, keys, announcedBytes }: Arrival) {
    const { database, leaseMs } = this.deps;
    const values = [content.id, owner, keys.call, announcedBytes, leaseMs, ...this.#limits];
    const [row] = await database.query<{ outcome: Awaited<ReturnType<Contents["begin"]>> }>(
      beginContent,
      values,
    );
    return row?.outcome ?? "quota-messages";
  }

  async keep({ content, owner, number, octets }: Piece) {
    const { id, key, pieceBytes } = content;
    const sealed = encrypt(octets, placeOf(id, number), key);
    const reach = number * pieceBytes + octets.length;
    const values = [id, owner, number, sealed, reach, ...this.#limits];
    const [row] = await this.deps.database.query<{ outcome: Awaited<ReturnType<Contents["keep"]>> }>(
      keepPiece,
      values,
    );
    return row?.outcome ?? "gone";
  }

  async commit({ message, owner, cause, keys, expiresAtMs, notice }: Storing, content: LargeContent) {
    const { database, keys: ring, clock } = this.deps;
    const { id, receivedAtMs } = message;
    const values = [
      content.id,
      owner,
      id,
      cause,
      keys.call,
      keys.message ?? null,
      ring.current,
      seal({ message, large: content }, rowOf(owner, id), ring).octets,
      content.bytes,
      receivedAtMs,
      expiresAtMs,
      notice ? sealNotice(notice, id, ring).octets : null,
      clock.nowMs(),
    ];
    const [row] = await database.query<{ outcome: Awaited<ReturnType<Contents["commit"]>> }>(
      commitContent,
      values,
    );
    return row?.outcome ?? "gone";
  }

  async abandon({ id }: LargeContent, owner: string): Promise<void> {
    await this.deps.database.query(abandonContent, [id, owner, false]);
  }

  async renew(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { database, leaseMs } = this.deps;
    const rows = await database.query<{ id: string }>(renewContents, [ids, leaseMs]);
    return new Set(rows.map(({ id }) => id));
  }

  async read({ id, key }: LargeContent, number: number): Promise<Uint8Array | undefined> {
    const [row] = await this.deps.database.query<{ sealed: Buffer }>(selectPiece, [id, number]);
    return row && decrypt(row.sealed, placeOf(id, number), key);
  }

  async sweep(): Promise<void> {
    const { database } = this.deps;
    const overdue = await database.query<{ id: string; owner: string }>(selectOverdue, [pageSize]);
    for (const { id, owner } of overdue) await database.query(abandonContent, [id, owner, true]);
    for (let deleted = pageSize; deleted === pageSize; )
      deleted = (await database.query(deletePieces, [pageSize])).length;
    await database.query(deleteContents, [pageSize]);
  }

  get #limits(): readonly [number, number, boolean] {
    const { maxMessages, maxBytes, whenFull } = this.deps.quota;
    return [maxMessages, maxBytes, whenFull === "drop-oldest"];
  }
}

/** So many pieces, 64 MiB, are deleted well within the time that a statement may take. */
const pageSize = 256;

/** What a piece is bound to. */
const placeOf = (id: string, number: number): string => `piece\n${id}\n${number}`;

const beginContent = statement(
  "deferred/begin-content",
  `SELECT deferred.begin_content($1, $2, $3::uuid, $4::int8, $5::int8, $6::int, $7::int8, $8::boolean) AS outcome`,
);

const keepPiece = statement(
  "deferred/keep-piece",
  `SELECT deferred.keep_piece($1, $2, $3::int, $4::bytea, $5::int8, $6::int, $7::int8, $8::boolean) AS outcome`,
);

const commitContent = statement(
  "deferred/commit-content",
  `SELECT deferred.commit_content($1, $2, $3, $4, $5::uuid, $6::uuid, $7, $8::bytea, $9::int, $10::int8, $11::int8,
     $12::bytea, $13::int8) AS outcome`,
);

const abandonContent = statement(
  "deferred/abandon-content",
  `SELECT deferred.abandon_content($1, $2, $3::boolean)`,
);

const renewContents = statement(
  "deferred/renew-contents",
  `UPDATE deferred.contents SET due_at = deferred.now_ms() + $2::int8
    WHERE id IN (SELECT id FROM deferred.contents WHERE id = ANY ($1::text[]) AND state = 'receiving'
                  ORDER BY id FOR NO KEY UPDATE)
   RETURNING id`,
);

const selectPiece = statement(
  "deferred/select-piece",
  `SELECT sealed FROM deferred.pieces WHERE content = $1 AND number = $2`,
);

const selectOverdue = statement(
  "deferred/select-overdue-contents",
  `SELECT id, owner FROM deferred.contents WHERE state = 'receiving' AND due_at <= deferred.now_ms()
    ORDER BY due_at LIMIT $1`,
);

const deletePieces = statement(
  "deferred/delete-pieces",
  `DELETE FROM deferred.pieces WHERE (content, number) IN (
     SELECT p.content, p.number FROM deferred.contents c JOIN deferred.pieces p ON p.content = c.id
      WHERE c.state = 'gone' LIMIT $1 FOR UPDATE OF p SKIP LOCKED)
   RETURNING number`,
);

const deleteContents = statement(
  "deferred/delete-contents",
  `DELETE FROM deferred.contents WHERE id IN (
     SELECT id FROM deferred.contents c WHERE state = 'gone'
        AND NOT EXISTS (SELECT FROM deferred.pieces p WHERE p.content = c.id)
      LIMIT $1 FOR UPDATE SKIP LOCKED)`,
);
