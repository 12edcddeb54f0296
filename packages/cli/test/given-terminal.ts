import { createServer, type IncomingMessage, type Server } from "node:http";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { CommanderError } from "commander";
import { createProgram, type Terminal } from "../src/index.js";

/** What came of a command line. */
interface Ran {
  readonly out: string;
  readonly err: string;
  /** The sentence that ends a command which failed. */
  readonly failed: string | undefined;
}

interface Situation {
  readonly env?: Readonly<Record<string, string>>;
  /** What the person answers; nobody is there when it is not given. */
  readonly answer?: string;
  readonly interrupted?: Promise<void>;
  /** What the person types, where lines are typed. */
  readonly lines?: AsyncIterable<string>;
  /** Whether a person types, and not a program. */
  readonly isInteractive?: boolean;
  /** Hears what is shown as it is shown. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a command line before a terminal that remembers what was shown on it. */
export async function run(args: readonly string[], situation: Situation = {}): Promise<Ran> {
  const shown = { out: "", err: "" };
  const show = (where: keyof typeof shown) => (text: string) => {
    const plain = stripVTControlCharacters(text);
    shown[where] += plain;
    situation.onOutput?.(plain);
  };
  const terminal: Terminal = {
    out: show("out"),
    err: show("err"),
    ask: async (question) => {
      show("err")(question);
      return situation.answer;
    },
    edit: () => ({
      isInteractive: situation.isInteractive ?? false,
      lines: situation.lines ?? noLines(),
      show: (line) => show("out")(`${line}\n`),
      prompt: (text) => show("err")(text),
      close: () => undefined,
    }),
    env: situation.env ?? {},
    interrupted: () => situation.interrupted ?? new Promise(() => undefined),
  };
  try {
    await createProgram(terminal).parseAsync([...args], { from: "user" });
    return { ...shown, failed: undefined };
  } catch (error) {
    if (error instanceof CommanderError) return { ...shown, failed: `exit ${error.exitCode}` };
    return { ...shown, failed: error instanceof Error ? error.message : String(error) };
  }
}

// eslint-disable-next-line eslint/require-yield
async function* noLines(): AsyncGenerator<string> {}

/** A person at the keyboard: types what the test says, when it says so. */
export class Keyboard implements AsyncIterable<string> {
  readonly #waiting: string[] = [];
  #isOver = false;
  #wake: () => void = () => undefined;

  type(...lines: readonly string[]): void {
    this.#waiting.push(...lines);
    this.#wake();
  }
  end(): void {
    this.#isOver = true;
    this.#wake();
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      const line = this.#waiting.shift();
      if (line !== undefined) yield line;
      else if (this.#isOver) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

/** A request that the admin API got. */
interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** An admin API that says what a test wants: a status and a body for each request. */
export class ScriptedApi {
  readonly asked: Asked[] = [];
  #answer: (asked: Asked) => readonly [status: number, body: string] = () => [204, ""];

  private constructor(private readonly server: Server) {
    server.on("request", (request, response) => {
      void read(request).then((asked) => {
        this.asked.push(asked);
        const [status, body] = this.#answer(asked);
        response.writeHead(status, { "content-type": "application/json" }).end(body);
      });
    });
  }

  static async start(): Promise<ScriptedApi> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new ScriptedApi(server);
  }

  answers(status: number, body: object | string = ""): void {
    this.script(() => [status, typeof body === "string" ? body : JSON.stringify(body)]);
  }

  script(answer: (asked: Asked) => readonly [status: number, body: string]): void {
    this.#answer = answer;
  }

  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("the API does not listen");
    return `http://127.0.0.1:${address.port}`;
  }

  /** What a person sets once. */
  get env(): Record<string, string> {
    return { HELIOGRAPH_ADMIN: this.url, ADMIN_API_KEY: "the-key" };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}

async function read(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    method: request.method,
    url: request.url,
    authorization: request.headers.authorization,
    body: text === "" ? undefined : JSON.parse(text),
  };
}
