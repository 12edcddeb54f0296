import { randomUUID } from "node:crypto";
import type { Msg, NatsConnection } from "@nats-io/transport-node";

/** What a service tells about itself. */
export interface MicroIdentity {
  readonly name: string;
  readonly version: string;
  readonly description: string;
}

/** The numbers of one endpoint. */
export class EndpointStatistics {
  #requests = 0;
  #errors = 0;
  #nanoseconds = 0;
  #lastError = "";

  constructor(
    readonly name: string,
    readonly subject: string,
    readonly queueGroup: string,
  ) {}

  add(tookMs: number, error?: string): void {
    this.#requests += 1;
    this.#nanoseconds += Math.round(tookMs * 1e6);
    if (error === undefined) return;
    this.#errors += 1;
    this.#lastError = error;
  }

  get info(): object {
    return { name: this.name, subject: this.subject, queue_group: this.queueGroup, metadata: {} };
  }

  get stats(): object {
    return {
      name: this.name,
      subject: this.subject,
      queue_group: this.queueGroup,
      num_requests: this.#requests,
      num_errors: this.#errors,
      last_error: this.#lastError,
      processing_time: this.#nanoseconds,
      average_processing_time: Math.round(this.#nanoseconds / Math.max(1, this.#requests)),
    };
  }
}

/**
 * Lets `nats micro` list this process: answers $SRV.PING, $SRV.INFO and $SRV.STATS, for all services, for its name
 * and for itself. @spec nats-adr-32
 */
export class NatsMicro {
  readonly #endpoints: EndpointStatistics[] = [];
  readonly #started = new Date().toISOString();
  readonly #base: {
    readonly name: string;
    readonly id: string;
    readonly version: string;
    readonly metadata: object;
  };

  constructor(
    connection: NatsConnection,
    private readonly identity: MicroIdentity,
  ) {
    this.#base = { name: identity.name, id: randomUUID(), version: identity.version, metadata: {} };
    for (const [verb, tell] of Object.entries(this.#verbs())) {
      for (const scope of ["", `.${identity.name}`, `.${identity.name}.${this.#base.id}`]) {
        connection.subscribe(`$SRV.${verb}${scope}`, {
          callback: (error, question) => answer(error, question, tell),
        });
      }
    }
  }

  /** Announces a subject that is served. */
  endpoint(name: string, subject: string, queueGroup: string): EndpointStatistics {
    const statistics = new EndpointStatistics(name, subject, queueGroup);
    this.#endpoints.push(statistics);
    return statistics;
  }

  #verbs(): Readonly<Record<"PING" | "INFO" | "STATS", () => object>> {
    const typed = (type: string, more: object) => ({
      type: `io.nats.micro.v1.${type}`,
      ...this.#base,
      ...more,
    });
    return {
      PING: () => typed("ping_response", {}),
      INFO: () =>
        typed("info_response", {
          description: this.identity.description,
          endpoints: this.#endpoints.map(({ info }) => info),
        }),
      STATS: () =>
        typed("stats_response", {
          started: this.#started,
          endpoints: this.#endpoints.map(({ stats }) => stats),
        }),
    };
  }
}

function answer(error: Error | null, question: Msg, tell: () => object): void {
  if (!error) question.respond(Buffer.from(JSON.stringify(tell())));
}
