import { DatabaseError } from "./database-error.js";

/** How rows are gathered and written. */
export interface BatchingWriterOptions<Row, Outcome> {
  /**
   * Writes the rows in one transaction and answers, in their order, once it is committed.
   * Throws when none was written.
   */
  readonly write: (rows: readonly Row[]) => Promise<readonly Outcome[]>;
  readonly maxRows?: number;
  /**
   * The pace of batches that are not full: one in so many milliseconds. A row that comes after a longer silence
   * is written at once, one that comes sooner waits for company.
   */
  readonly maxWaitMs?: number;
  /** Batches that may be written at the same time. */
  readonly maxConcurrent?: number;
  /** Rows that may wait or be under way; more are refused. */
  readonly maxQueuedRows?: number;
  /** The same, in bytes, when `sizeOf` is given. */
  readonly maxQueuedBytes?: number;
  readonly sizeOf?: (row: Row) => number;
}

interface Entry<Row, Outcome> {
  readonly row: Row;
  readonly bytes: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: rows that arrive while a batch is being written share the next one, and each caller hears
 * of its own row only after the commit. When a batch is rejected its rows are written one by one, so that
 * a bad row fails alone; when the server is gone they all fail, for nobody knows what was committed.
 */
export class BatchingWriter<Row, Outcome> {
  readonly #options: Required<BatchingWriterOptions<Row, Outcome>>;
  #queue: Entry<Row, Outcome>[] = [];
  #queuedRows = 0;
  #queuedBytes = 0;
  #underWay = 0;
  #isFlushing = false;
  #flushedAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #drained: (() => void)[] = [];

  constructor(options: BatchingWriterOptions<Row, Outcome>) {
    this.#options = {
      maxRows: 200,
      maxWaitMs: 3,
      maxConcurrent: 2,
      maxQueuedRows: 20_000,
      maxQueuedBytes: 64 * 1024 * 1024,
      sizeOf: () => 0,
      ...options,
    };
  }

  /** Settles once the row is committed. Throws a {@link DatabaseError}, `overloaded` when too much is waiting. */
  add(row: Row): Promise<Outcome> {
    const { maxQueuedRows, maxQueuedBytes, sizeOf } = this.#options;
    const bytes = sizeOf(row);
    if (
      this.#queuedRows >= maxQueuedRows ||
      (this.#queuedRows > 0 && this.#queuedBytes + bytes > maxQueuedBytes)
    ) {
      return Promise.reject(new DatabaseError("overloaded", "too many rows are waiting to be written"));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ row, bytes, resolve, reject });
      this.#queuedRows += 1;
      this.#queuedBytes += bytes;
      this.#schedule();
    });
  }

  /** Settles when everything that was added is written or has failed. */
  drain(): Promise<void> {
    if (this.#queuedRows === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  #schedule(): void {
    const { maxRows, maxConcurrent, maxWaitMs } = this.#options;
    if (this.#queue.length === 0 || this.#underWay >= maxConcurrent) return;
    const waitMs = this.#queue.length >= maxRows ? 0 : this.#flushedAtMs + maxWaitMs - performance.now();
    if (waitMs <= 0) this.#flushSoon();
    else this.#timer ??= setTimeout(() => this.#flush(), waitMs);
  }

  /** After the work in hand, which may bring more rows. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#queue.length === 0 || this.#underWay >= this.#options.maxConcurrent) return;
    this.#flushedAtMs = performance.now();
    void this.#write(this.#queue.splice(0, this.#options.maxRows));
    this.#schedule();
  }

  async #write(batch: readonly Entry<Row, Outcome>[]): Promise<void> {
    this.#underWay += 1;
    try {
      await this.#attempt(batch);
    } catch (error) {
      if (batch.length > 1 && isAboutRows(error)) await this.#writeOneByOne(batch);
      else for (const { reject } of batch) reject(error);
    }
    this.#underWay -= 1;
    this.#release(batch);
    this.#schedule();
  }

  async #attempt(batch: readonly Entry<Row, Outcome>[]): Promise<void> {
    const outcomes = await this.#options.write(batch.map(({ row }) => row));
    if (outcomes.length !== batch.length)
      throw new Error(`${outcomes.length} outcomes for ${batch.length} rows`);
    batch.forEach(({ resolve }, index) => resolve(outcomes[index] as Outcome));
  }

  async #writeOneByOne(batch: readonly Entry<Row, Outcome>[]): Promise<void> {
    for (const [index, entry] of batch.entries()) {
      try {
        await this.#attempt([entry]);
      } catch (error) {
        const failed = isAboutRows(error) ? [entry] : batch.slice(index);
        for (const { reject } of failed) reject(error);
        if (!isAboutRows(error)) return;
      }
    }
  }

  #release(batch: readonly Entry<Row, Outcome>[]): void {
    this.#queuedRows -= batch.length;
    for (const { bytes } of batch) this.#queuedBytes -= bytes;
    if (this.#queuedRows > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}

/** Whether the server refused what was written: nothing is committed then, and a single row may be to blame. */
const isAboutRows = (error: unknown): boolean =>
  error instanceof DatabaseError && (error.failure === "rejected" || error.failure === "conflict");
