import type { ListeningPoint } from "@heliograph/sip";
import type { DemoUser } from "./demo.js";

/** What a start has come to. */
export interface Started {
  readonly points: readonly ListeningPoint[];
  /** Where the media of sessions is taken. */
  readonly mediaPoints: readonly ListeningPoint[];
  readonly adminUrl: string;
  readonly adminKeyFile: string | undefined;
  readonly healthUrl: string;
  readonly bus: string;
  readonly state: string;
  readonly database: string;
  readonly demoUsers: readonly DemoUser[];
  readonly tookMs: number;
}

/** How a word is shown: bold or faint on a terminal, plain in a file. */
export interface Ink {
  bold(text: string): string;
  dim(text: string): string;
}

const names = {
  udp: "UDP",
  tcp: "TCP",
  tls: "TLS",
  ws: "WebSocket",
  wss: "secure WebSocket",
} as const;

/** What a newcomer wants to know, on one screen. */
export function formatGreeting(started: Started, ink: Ink): string {
  const lines = [
    "",
    ink.bold("Heliograph is running") +
      ink.dim(` (started in ${(started.tookMs / 1_000).toFixed(1)} s; Ctrl-C stops it)`),
    "",
    ...listening(started),
    ...setup(started, ink),
    ...next(started, ink),
    "",
  ];
  return `${lines.join("\n")}\n`;
}

function listening({
  points,
  mediaPoints,
  adminUrl,
  adminKeyFile,
  healthUrl,
  ...parts
}: Started): readonly string[] {
  const key = adminKeyFile === undefined ? "" : `   key in ${adminKeyFile}`;
  return [
    ...points.map((point) => row(`SIP over ${names[point.transport]}`, hostPort(point))),
    ...mediaPoints.map((point) => row(`MSRP over ${names[point.transport]}`, hostPort(point))),
    row("Admin API", `${adminUrl}${key}`),
    row("Health, metrics", `${healthUrl}/readyz   ${healthUrl}/metrics`),
    row("Messages", parts.database),
    row("Live state", parts.state),
    row("Bus", parts.bus),
  ];
}

function setup({ points, demoUsers }: Started, ink: Ink): readonly string[] {
  const [user, peer] = demoUsers;
  const point = points.find(({ transport }) => transport === "udp") ?? points[0];
  if (!user || !peer || !point) return [];
  return [
    "",
    ink.bold("Demo users") + ink.dim("  on this machine only; the password is the name"),
    ...demoUsers.map(({ name, aor, password }) => row(name, `${aor}   password ${password}`)),
    "",
    ink.bold("Linphone") +
      ink.dim("  Preferences, Accounts, Add, “I already have a SIP account”; once for each of two users"),
    row("Username", `${user.name} ${ink.dim(`(then ${peer.name})`)}`),
    row("Password", `${user.password} ${ink.dim(`(then ${peer.password})`)}`),
    row("Domain, transport", `127.0.0.1, proxy <sip:${hostPort(point)};transport=${point.transport}>`),
  ];
}

function next({ points, adminUrl, adminKeyFile, demoUsers }: Started, ink: Ink): readonly string[] {
  const [user, peer] = demoUsers;
  if (!user || !peer) {
    const admin =
      adminKeyFile === undefined ? `--admin ${adminUrl}` : `--admin ${adminUrl} --key-file ${adminKeyFile}`;
    return [
      "",
      ink.bold("Make users"),
      `  npx heliograph domain add example.org ${admin}`,
      `  npx heliograph user add sip:dave@example.org ${admin}`,
    ];
  }
  const server = serverOption(points);
  return [
    "",
    ink.bold("Or without a client") + ink.dim("  in two more terminals"),
    `  npx heliograph listen --as ${peer.aor} --password ${peer.password}${server}`,
    `  npx heliograph send --as ${user.aor} --password ${user.password}${server} ${peer.aor} "hello, ${peer.name}"`,
  ];
}

/** Nothing where the domain leads to the service by itself: its address and the standard port. */
function serverOption(points: readonly ListeningPoint[]): string {
  const plain = points.filter(({ transport }) => transport === "udp" || transport === "tcp");
  const [point] = plain;
  if (!point || plain.some(({ address, port }) => address === "127.0.0.1" && port === 5060)) return "";
  return ` --server "sip:${hostPort(point)};transport=${point.transport}"`;
}

const row = (label: string, value: string): string => `  ${label.padEnd(28)}${value}`;

const hostPort = ({ address, port }: ListeningPoint): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
