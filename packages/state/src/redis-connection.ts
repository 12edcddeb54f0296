import type { Redis } from "ioredis";
import { StateUnavailable } from "./state.js";

/** How long an operation may take before its caller is told that live state is out of reach. */
const commandTimeoutMs = 800;
const connectTimeoutMs = 5_000;

/**
 * One connection, shared by everything: commands of one turn of the event loop travel together.
 * While it is gone every operation fails at once; nothing is kept for later, and it comes back by itself.
 */
export class RedisConnection {
  readonly #redis: Redis;

  private constructor(redis: Redis) {
    this.#redis = redis;
    this.#redis.on("error", ignoreLoss);
  }

  /** Connects; rejects when nobody answers at `url`. */
  static async open(url: string): Promise<RedisConnection> {
    // Loaded when it is wanted: the driver's mere presence doubles what reading a SIP message costs in its process.
    const { Redis } = await import("ioredis");
    const connection = new RedisConnection(
      new Redis(url, {
        lazyConnect: true,
        enableAutoPipelining: true,
        enableOfflineQueue: false,
        autoResendUnfulfilledCommands: false,
        maxRetriesPerRequest: 0,
        commandTimeout: commandTimeoutMs,
        connectTimeout: connectTimeoutMs,
        retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
        reconnectOnError: (error) => /^(READONLY|LOADING|MASTERDOWN)/.test(error.message),
      }),
    );
    try {
      await connection.#redis.connect();
    } catch (cause) {
      connection.#redis.disconnect();
      throw new StateUnavailable("connect", { cause });
    }
    return connection;
  }

  /** Runs one operation; whatever goes wrong with it means that live state is out of reach. */
  async run<T>(operation: string, act: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await act(this.#redis);
    } catch (cause) {
      if (isTimeout(cause)) this.#startOver();
      throw new StateUnavailable(operation, { cause });
    }
  }

  /** Makes a script into a function of its keys and arguments; the server keeps it by its digest. */
  script(name: string, numberOfKeys: number, lua: string): Script {
    this.#redis.defineCommand(name, { numberOfKeys, lua });
    const call = (this.#redis as unknown as Record<string, Script>)[name] as Script;
    return (...args) => this.run(name, () => call.apply(this.#redis, args));
  }

  async isHealthy(): Promise<boolean> {
    return this.run("ping", (redis) => redis.ping()).then(
      () => true,
      () => false,
    );
  }

  close(): void {
    this.#redis.disconnect();
  }

  /** A server that hangs would collect commands that nobody waits for: until a new connection works, fail at once. */
  #startOver(): void {
    if (this.#redis.status === "ready") this.#redis.disconnect(true);
  }
}

/** Keys first, then arguments, as the script counts them. */
export type Script = (...keysAndArguments: (string | number)[]) => Promise<unknown>;

/** Every command that meets the loss says so itself. */
function ignoreLoss(): void {}

function isTimeout(cause: unknown): boolean {
  return cause instanceof Error && cause.message === "Command timed out";
}
