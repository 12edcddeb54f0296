import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SpawnedProgram } from "./spawned-program.js";

/** One Linphone account. */
export interface LinphoneAccount {
  readonly user: string;
  readonly password: string;
  readonly domain: string;
  /** Where it registers: `sip:127.0.0.1:5060;transport=udp`. */
  readonly proxy: string;
  readonly localPort: number;
}

/** linphonec, the command-line Linphone: it takes commands on its standard input and speaks text/plain. */
export async function startLinphoneCli(account: LinphoneAccount): Promise<SpawnedProgram> {
  const { home, rc } = writeHome(account);
  const program = new SpawnedProgram("linphonec", ["-c", rc], { env: { ...process.env, HOME: home } });
  await program.waitFor(/linphonec>/, 20_000);
  return program;
}

/** A client on liblinphone itself: CPIM, with receipts that it deflates. It sends `count` messages to `peer`. */
export function startLinphoneIm(
  account: LinphoneAccount,
  { peer, count, seconds }: { peer: string; count: number; seconds: number },
): SpawnedProgram {
  const { home, rc } = writeHome(account);
  return new SpawnedProgram(buildLinphoneIm(), [rc, peer, String(count), String(seconds)], {
    env: { ...process.env, HOME: home },
  });
}

function buildLinphoneIm(): string {
  const binary = join(tmpdir(), `linphone-im-${process.pid}`);
  const source = join(process.cwd(), "test/peers/programs/linphone-im.c");
  if (!existsSync(binary)) execFileSync("cc", ["-w", "-o", binary, source, "-llinphone"]);
  return binary;
}

function writeHome({ user, password, domain, proxy, localPort }: LinphoneAccount): {
  home: string;
  rc: string;
} {
  const home = mkdtempSync(join(tmpdir(), `linphone-${user}-`));
  mkdirSync(join(home, ".local/share/linphone"), { recursive: true });
  const rc = join(home, "linphonerc");
  writeFileSync(
    rc,
    `[sip]
sip_port=${localPort}
sip_tcp_port=${/transport=tcp/.test(proxy) ? localPort : 0}
sip_tls_port=0
default_proxy=0
contact="${user}" <sip:${user}@127.0.0.1:${localPort}>
register_only_when_network_is_up=0
auto_net_state_mon=0
use_ipv6=0
[misc]
version_check_url_root=
[proxy_0]
reg_proxy=<${proxy}>
reg_identity=sip:${user}@${domain}
reg_expires=600
reg_sendregister=1
publish=0
quality_reporting_enabled=0
[auth_info_0]
username=${user}
userid=${user}
passwd=${password}
realm=${domain}
`,
  );
  return { home, rc };
}
