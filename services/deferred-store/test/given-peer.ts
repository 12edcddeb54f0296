import { TimerWheel } from "@heliograph/kernel";
import {
  createMsrpEndpoints,
  type IncomingHead,
  type MsrpEndpoints,
  type MsrpSession,
} from "@heliograph/msrp-stack";
import {
  composeAnswer,
  composeOffer,
  decideAnswer,
  type Direction,
  type LocalSession,
  parseMsrpDescription,
  parsePathUri,
  type Setup,
  takeAnswer,
} from "@heliograph/sdp";

/** A message as a device got it. */
interface Got {
  readonly head: IncomingHead;
  readonly text: string;
  readonly content: Buffer;
}

/** How a device describes itself, where that matters. */
export interface Description {
  readonly direction: Direction;
  readonly setup?: Setup;
  readonly maxSize?: number;
  readonly types?: readonly string[];
  readonly announcedBytes?: number;
}

let chances = 0;
const chance = {
  token: (bytes: number) =>
    `${process.pid.toString(16)}x${((chances += 1)).toString(16)}`.padEnd(2 * bytes, "0"),
};

/** A device or sender: an MSRP end point with a real socket, in the place of both it and the relay. */
export async function givenPeer() {
  const endpoints: MsrpEndpoints = createMsrpEndpoints({
    clock: new TimerWheel(),
    chance,
    listen: [{ transport: "tcp", address: "127.0.0.1", port: 0 }],
  });
  await endpoints.start();
  const got: Got[] = [];

  function take(session: MsrpSession, refuse?: (head: IncomingHead) => number | undefined): MsrpSession {
    session.onIncoming((head) => {
      const status = refuse?.(head);
      if (status !== undefined) return { refuse: status };
      const parts: [number, Buffer][] = [];
      return {
        write: (at, octets) => void parts.push([at, Buffer.from(octets)]),
        complete: async (size) => {
          const content = Buffer.alloc(size);
          for (const [at, octets] of parts) content.set(octets, at);
          got.push({ head, content, text: content.toString() });
        },
        abandon: () => undefined,
      };
    });
    return session;
  }

  function localOf({ maxSize, types = ["*"] }: Description): { uri: string; local: LocalSession } {
    const uri = endpoints.createUri("tcp");
    const path = parsePathUri(uri);
    if (!path.ok) throw new Error(uri);
    const { host, port } = path.value;
    const local = { host, port, path: [path.value], acceptTypes: types };
    return { uri, local: { ...local, ...(maxSize !== undefined && { maxSize }) } };
  }

  /** An offer, and the session that its answer makes. */
  function offer(description: Description) {
    const { uri, local } = localOf(description);
    const { direction, setup = "actpass", announcedBytes } = description;
    const octets = composeOffer(origin, [
      {
        ...local,
        transport: "TCP/MSRP",
        setup: setup === "passive" ? "actpass" : setup,
        direction,
        hasCema: false,
        ...(announcedBytes !== undefined && { file: { selector: { size: announcedBytes, hashes: [] } } }),
      },
    ]);
    const open = (answer: Uint8Array): MsrpSession => {
      const outcome = takeAnswer(read(octets), read(answer), { usesRelay: false });
      const media = outcome.kind === "taken" ? outcome.media[0] : undefined;
      if (media?.kind !== "open") throw new Error("the answer takes nothing");
      const { role, connectTo } = media;
      return endpoints.open({
        uri,
        role,
        peerPath: media.peer.path.map(({ text }) => text),
        ...(connectTo && { connectTo }),
        direction: media.direction,
        acceptTypes: local.acceptTypes,
        acceptWrappedTypes: [],
        maxMessageBytes: description.maxSize ?? 1 << 30,
      });
    };
    return { octets, open };
  }

  /** Answers an offer of the store; the session is open with that. */
  function answer(given: Uint8Array, description: Description) {
    const { uri, local } = localOf(description);
    const { direction, setup } = description;
    const decided = decideAnswer(read(given), {
      transports: ["TCP/MSRP"],
      acceptTypes: ["*"],
      direction,
      connect: setup === "active" ? "connect" : "listen",
      cema: { wantsCema: false, usesRelay: false },
      maxChats: 1,
      maxFiles: 1,
      acceptsFileRanges: false,
    });
    const media = decided.kind === "answer" ? decided.media[0] : undefined;
    if (decided.kind === "refused" || media?.kind !== "accepted") throw new Error("not to be answered");
    const { role, connectTo } = media;
    const session = endpoints.open({
      uri,
      role,
      peerPath: media.offer.path.map(({ text }) => text),
      ...(connectTo && { connectTo }),
      direction: media.direction,
      acceptTypes: local.acceptTypes,
      acceptWrappedTypes: [],
      maxMessageBytes: description.maxSize ?? 1 << 30,
    });
    return { octets: composeAnswer(origin, decided, () => local), session };
  }

  return { got, take, offer, answer, stop: () => endpoints.stop() };
}

const origin = { username: "-", sessionId: "1", version: 1, host: "127.0.0.1" };

function read(octets: Uint8Array) {
  const description = parseMsrpDescription(octets);
  if (!description.ok) throw new Error(description.error.rule);
  return description.value;
}
