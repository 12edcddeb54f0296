import { readFileSync } from "node:fs";

/** A subscriber as the admin API shows it. */
export interface SubscriberRow {
  readonly aor: string;
  readonly display?: string;
  readonly isBarred: boolean;
  readonly autoAcceptsSessions?: boolean;
  readonly bindings: number;
}

/** A domain as the admin API shows it. */
export interface DomainRow {
  readonly name: string;
  readonly aliases: readonly string[];
}

/** Thrown with a sentence that says what to do. */
class AdminError extends Error {
  override readonly name = "AdminError";
}

interface Options {
  readonly url: string;
  readonly keyFile: string;
  readonly key: string | undefined;
}

/** The admin REST API, for the commands. Every failure is an {@link AdminError} that a person understands. */
export class AdminApi {
  constructor(private readonly options: Options) {}

  /** Reads `path`, relative to the API's root. */
  get<T>(path: string): Promise<T> {
    return this.#call<T>("GET", path);
  }

  /** Creates something. */
  post(path: string, body: object): Promise<void> {
    return this.#call("POST", path, body);
  }

  /** Changes something. */
  patch(path: string, body: object): Promise<void> {
    return this.#call("PATCH", path, body);
  }

  /** Removes something. */
  delete(path: string): Promise<void> {
    return this.#call("DELETE", path);
  }

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await this.#fetch(method, path, body);
    const text = await response.text();
    if (response.status === 401) throw new AdminError(wrongKey);
    if (!response.ok) throw new AdminError(explain(response.status, text));
    return this.#parse(text) as T;
  }

  #parse(text: string): unknown {
    try {
      return text === "" ? undefined : JSON.parse(text);
    } catch (cause) {
      throw new AdminError(
        `what answers at ${this.options.url} is not the admin API: name its address with --admin`,
        { cause },
      );
    }
  }

  async #fetch(method: string, path: string, body?: object): Promise<Response> {
    const headers = {
      authorization: `Bearer ${this.#key()}`,
      ...(body && { "content-type": "application/json" }),
    };
    try {
      return await fetch(new URL(path, this.options.url), {
        method,
        headers,
        signal: AbortSignal.timeout(10_000),
        ...(body && { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new AdminError(
        `nothing answers at ${this.options.url}: start the service (npm start), or name its address with --admin`,
        { cause },
      );
    }
  }

  #key(): string {
    if (this.options.key) return this.options.key;
    try {
      return readFileSync(this.options.keyFile, "utf8").trim();
    } catch (cause) {
      throw new AdminError(
        `no admin key: set ADMIN_API_KEY, or name its file with --key-file (looked in ${this.options.keyFile})`,
        { cause },
      );
    }
  }
}

const wrongKey =
  "the service does not accept this admin key: set ADMIN_API_KEY, or name the key's file with --key-file";

/** A problem document (RFC 9457) in one sentence. */
function explain(status: number, text: string): string {
  try {
    const { title, detail } = JSON.parse(text) as { title?: string; detail?: string };
    return detail ?? title ?? `the service answered ${status}`;
  } catch {
    return `the service answered ${status}`;
  }
}
