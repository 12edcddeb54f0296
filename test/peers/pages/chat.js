/**
 * A browser's end of a session: SIP by sip.js, which we did not write; MSRP by our packages over the browser's own
 * WebSocket. The test drives it through `window.chat`.
 */
import { TimerWheel } from "@heliograph/kernel";
import {
  ConnectionDriver,
  createSessionId,
  msrpUriKeyOf,
  parseMsrpUri,
  SessionDriver,
  WebSocketChannel,
} from "@heliograph/msrp";
import { Inviter, Registerer, RegistererState, SessionState, UserAgent } from "sip.js";

const clock = new TimerWheel();
const chance = {
  token: (bytes) =>
    btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes))))
      .replaceAll("+", "-")
      .replaceAll("/", ".")
      .replaceAll("=", ""),
};
const limits = { maxOpenMessages: 100, maxHeldBytes: 64 << 20, maxRemembered: 1_000 };
const received = [];

/** One session's media: the description that sip.js carries, and the MSRP session that comes of both. */
class MessageSession {
  constructor(isSecure, isOfferer) {
    this.isOfferer = isOfferer;
    const scheme = isSecure ? "msrps" : "msrp";
    this.protocol = isSecure ? "TCP/TLS/MSRP" : "TCP/MSRP";
    this.host = `${chance.token(9).replaceAll(/[^A-Za-z0-9]/g, "x")}.invalid`;
    this.uri = `${scheme}://${this.host}:9/${createSessionId(chance)};ws`;
    this.bound = new Promise((resolve) => (this.announce = resolve));
  }

  /** sip.js asks for our description, and gives us the peer's. */
  getDescription() {
    const body = [
      "v=0",
      `o=- ${Date.now()} 1 IN IP4 ${this.host}`,
      "s=-",
      `c=IN IP4 ${this.host}`,
      "t=0 0",
      `m=message 9 ${this.protocol} *`,
      "a=setup:active",
      "a=accept-types:message/cpim text/plain",
      "a=accept-wrapped-types:text/plain message/imdn+xml",
      `a=path:${this.uri}`,
      "a=sendrecv",
      "",
    ].join("\r\n");
    return Promise.resolve({ body, contentType: "application/sdp" });
  }

  hasDescription(contentType) {
    return contentType === "application/sdp";
  }

  async setDescription(sdp) {
    const path = /^a=path:(\S+)/m.exec(sdp)?.[1];
    const uri = path && parseMsrpUri(path);
    if (!uri?.ok) throw new Error("the peer has no path");
    this.peer = { path, uri: uri.value };
    // Who is invited may only speak once the answer is out.
    if (this.isOfferer) await this.open();
  }

  /** The active side connects and sends a SEND at once. */
  async open() {
    const { path, uri } = this.peer;
    const scheme = uri.scheme === "msrps" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${uri.host}:${uri.port}/`, "msrp");
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error(`no WebSocket to ${socket.url}`)));
    });
    this.driver = new SessionDriver(
      {
        uri: this.uri,
        toPath: [path],
        direction: "sendrecv",
        acceptTypes: ["*"],
        maxMessageBytes: 16 << 20,
        isActive: true,
      },
      { clock, chance, limits, bindMs: 10_000 },
    );
    this.driver.onMessage(({ contentType, content }) => {
      received.push({ contentType, text: new TextDecoder().decode(content), size: content.length });
    });
    const key = msrpUriKeyOf(parseMsrpUri(this.uri).value);
    const connection = new ConnectionDriver({
      channel: new WebSocketChannel(socket, clock),
      clock,
      chance,
      find: (wanted) => (wanted === key ? this.driver : undefined),
      ownUri: this.uri,
      keepAliveMs: 0,
    });
    this.driver.connected(connection);
    this.announce(this.driver.bound);
  }

  close() {
    this.driver?.close();
  }

  sendDtmf() {
    return false;
  }
}

let agent;
let session;
let media;
let isSecure;

window.chat = {
  received,

  /** Registers; incoming sessions are accepted. */
  async register({ user, domain, password, server }) {
    isSecure = server.startsWith("wss:");
    agent = new UserAgent({
      uri: UserAgent.makeURI(`sip:${user}@${domain}`),
      authorizationUsername: user,
      authorizationPassword: password,
      transportOptions: { server },
      contactParams: { transport: "ws" },
      logLevel: "error",
      sessionDescriptionHandlerFactory: (owner) =>
        (media = new MessageSession(isSecure, owner instanceof Inviter)),
      delegate: {
        onInvite: (invitation) => {
          session = invitation;
          void invitation.accept().then(() => media.open());
        },
      },
    });
    await agent.start();
    const registerer = new Registerer(agent, { extraContactHeaderParams: ["+g.oma.sip-im"] });
    const registered = new Promise((resolve, reject) =>
      registerer.stateChange.addListener((state) => {
        if (state === RegistererState.Registered) resolve();
        if (state === RegistererState.Unregistered) reject(new Error("not registered"));
      }),
    );
    await registerer.register();
    await registered;
  },

  async invite(target) {
    session = new Inviter(agent, UserAgent.makeURI(target));
    const established = new Promise((resolve, reject) =>
      session.stateChange.addListener((state) => {
        if (state === SessionState.Established) resolve();
        if (state === SessionState.Terminated) reject(new Error("the session was not established"));
      }),
    );
    let refusal = "";
    const requestDelegate = {
      onReject: ({ message }) =>
        (refusal = `${message.statusCode} ${message.reasonPhrase} ${message.getHeader("Warning") ?? ""}`),
    };
    await session.invite({ requestDelegate });
    await established.catch((cause) => {
      throw new Error(`${cause.message}: ${refusal}`);
    });
    await media.bound;
  },

  /** The outcome of a text, or of so many octets. */
  async send(body) {
    await media.bound;
    const text = typeof body === "number" ? "x".repeat(body) : body;
    const cpim = [
      `From: <${agent.configuration.uri}>`,
      `To: <${session.remoteIdentity.uri}>`,
      `DateTime: ${new Date().toISOString()}`,
      "",
      "Content-Type: text/plain;charset=UTF-8",
      "",
      text,
    ].join("\r\n");
    const octets = new TextEncoder().encode(cpim);
    return media.driver.send({ contentType: "message/cpim", body: octets, wantsSuccessReport: true })
      .reported;
  },

  get state() {
    return session?.state;
  },

  async bye() {
    await session.bye();
  },
};
window.isReady = true;
