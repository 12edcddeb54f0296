import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Something that must hold for the process to be ready. `check` throws, or rejects, when it does not. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void> | void;
}

/** What a health server is made of. */
export interface HealthOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly checks: readonly HealthCheck[];
  /** The text of /metrics, in Prometheus' exposition format. */
  readonly metrics?: () => Promise<string> | string;
  /** A check that takes longer counts as failed. */
  readonly checkTimeoutMs?: number;
}

/** Answers orchestrators: /startupz, /livez, /readyz, and Prometheus: /metrics. */
export interface HealthServer {
  readonly port: number;
  /** From here on /startupz answers 200 and /readyz asks the checks. */
  started(): void;
  /** From here on /readyz answers 503, so that no new work is sent here. */
  draining(): void;
  close(): Promise<void>;
}

/** Opens the health server; rejects when its port is taken. */
export async function createHealthServer(options: HealthOptions): Promise<HealthServer> {
  const health = new Health(options);
  const server = createServer({ keepAliveTimeout: 5_000, requestTimeout: 5_000 }, (request, response) => {
    health.answer(request, response).catch(() => response.destroy());
  });
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    started: () => health.move("running"),
    draining: () => health.move("draining"),
    close: () => close(server),
  };
}

class Health {
  #phase: "starting" | "running" | "draining" = "starting";
  constructor(private readonly options: HealthOptions) {}

  move(phase: "running" | "draining"): void {
    this.#phase = phase;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split("?", 1)[0];
    if (request.method !== "GET" && request.method !== "HEAD")
      return send(response.setHeader("allow", "GET, HEAD"), 405, "only GET and HEAD\n");
    switch (path) {
      case "/livez":
        return send(response, 200, "alive\n");
      case "/startupz":
        return send(response, this.#phase === "starting" ? 503 : 200, `${this.#phase}\n`);
      case "/readyz":
        return this.#answerReadiness(response);
      case "/metrics":
        return this.#answerMetrics(response);
      default:
        return send(response, 404, "there are /livez, /readyz, /startupz and /metrics\n");
    }
  }

  async #answerReadiness(response: ServerResponse): Promise<void> {
    if (this.#phase !== "running") return send(response, 503, `${this.#phase}\n`);
    const timeoutMs = this.options.checkTimeoutMs ?? 2_000;
    const findings = await Promise.all(this.options.checks.map((check) => findingOf(check, timeoutMs)));
    const isReady = findings.every((finding) => finding.problem === undefined);
    const lines = findings.map(({ name, problem }) => `${name}: ${problem ?? "ok"}\n`);
    send(response, isReady ? 200 : 503, `${isReady ? "ready" : "not ready"}\n${lines.join("")}`);
  }

  async #answerMetrics(response: ServerResponse): Promise<void> {
    const { metrics } = this.options;
    if (!metrics) return send(response, 404, "this process has no metrics\n");
    send(response, 200, await metrics(), "text/plain; version=0.0.4; charset=utf-8");
  }
}

async function findingOf(
  health: HealthCheck,
  timeoutMs: number,
): Promise<{ readonly name: string; readonly problem?: string }> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([health.check(), tooLong]);
    return { name: health.name };
  } catch (cause) {
    return { name: health.name, problem: cause instanceof Error ? cause.message : String(cause) };
  } finally {
    clearTimeout(timer);
  }
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  type = "text/plain; charset=utf-8",
): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(text);
}

function listen(server: Server, { host, port }: HealthOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
