import { freePort } from "@heliograph/testkit";
import { playSipp, Sipp, type SippResult, type SippRun } from "./sipp.js";
import { pause, receive, scenario, send, serve, type SippAnswer, type SippRequest } from "./sipp-scenario.js";

/** Where users of sipp are at home. */
export interface SippHome {
  readonly domain: string;
  /** `address:port` of the server that they talk to. */
  readonly server: string;
  /** Whether the server asks for credentials; they are the user's name, with the same as password. */
  readonly challenges: boolean;
}

/** How sipp calls itself, for a server that has to know that it knows MD5 alone. */
const isSipp = "User-Agent: sipp";

/** Users of sipp at one home: what they say, and sipp saying it. */
export class SippUsers {
  constructor(private readonly home: SippHome) {}

  aor(name: string): string {
    return `sip:${name}@${this.home.domain}`;
  }

  /** A REGISTER, with one contact unless `headers` say something else. */
  registering(name: string, ...headers: string[]): SippRequest {
    return {
      method: "REGISTER",
      uri: `sip:${this.home.domain}`,
      from: this.aor(name),
      to: this.aor(name),
      headers: headers.length > 0 ? headers : [contact(name), "Expires: 600"],
    };
  }

  /** A MESSAGE; `to` is a name of the same home, or a URI. */
  message(from: string, to: string, text: string, more: Partial<SippRequest> = {}): SippRequest {
    return {
      method: "MESSAGE",
      uri: to.includes(":") ? to : this.aor(to),
      from: this.aor(from),
      ...more,
      headers: ["Content-Type: text/plain", ...(more.headers ?? [])],
      body: text,
    };
  }

  /** The steps of a request and its answer, with a challenge between where there is one. */
  steps(request: SippRequest, answer: SippAnswer, password?: string): string[] {
    const headers = [isSipp, ...(request.headers ?? [])];
    if (!this.home.challenges) return [send({ ...request, headers }), receive(answer)];
    const challenge = request.method === "REGISTER" ? 401 : 407;
    return [
      send({ ...request, cseq: 1, branch: "[branch]", headers }),
      receive({ status: challenge, isChallenge: true }),
      send(withCredentials({ ...request, headers }, password)),
      receive(answer),
    ];
  }

  /** Plays a scenario to its end; throws where it does not go as it says. */
  async play(transport: "udp" | "tcp", ...steps: readonly string[]): Promise<SippResult> {
    return playSipp({ scenario: scenario(...steps), ...(await this.place(transport)) });
  }

  async place(transport: "udp" | "tcp"): Promise<Omit<SippRun, "scenario">> {
    return { server: this.home.server, transport, localPort: await freePort() };
  }

  /** A sipp that has registered, and answers every message until it is stopped. */
  async startDevice(name: string, transport: "udp" | "tcp"): Promise<Sipp> {
    const device = new Sipp({
      scenario: scenario(...this.steps(this.registering(name), { status: 200 }), pause(60_000)),
      outOfCall: scenario(serve("MESSAGE", "200 OK")),
      ...(await this.place(transport)),
      withinMs: 60_000,
    });
    await device.waitFor(/SIP\/2\.0 200 OK\r?\n(?:[^\r\n]+\r?\n)*CSeq: [12] REGISTER/);
    return device;
  }

  /** Removes all bindings of a user. */
  async forget(name: string): Promise<void> {
    const removing = this.registering(name, "Contact: *", "Expires: 0");
    await this.play("udp", ...this.steps(removing, { status: 200 }));
  }
}

/** A contact at the address that sipp listens at. */
export const contact = (name: string): string =>
  `Contact: <sip:${name}@[local_ip]:[local_port];transport=[transport]>`;

/** The request again with credentials for the challenge, as a transaction of its own. */
export function withCredentials(request: SippRequest, password?: string): SippRequest {
  const name = request.from.slice(4, request.from.indexOf("@"));
  const credentials = `[authentication username=${name} password=${password ?? name}]`;
  return { ...request, cseq: 2, headers: [...(request.headers ?? []), credentials] };
}

/** The requests that a sipp has received with a text in them. */
export function arrivals({ messages }: Sipp, text: string): readonly string[] {
  const received = messages.split(/^-{20,}.*$/m).filter((part) => /message received \[/.test(part));
  return received.filter((part) => part.includes("\nMESSAGE ") && part.includes(text));
}
