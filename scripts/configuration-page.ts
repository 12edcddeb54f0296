/**
 * Writes docs/configuration.md from what the services declare; with `--check`, fails when the page is stale.
 *
 * Use: node build/scripts/configuration-page.js [--check]
 */
import { readHealthConfig, readServiceProcessConfig } from "@heliograph/bus";
import { readAllInOneConfig } from "@heliograph/all-in-one";
import { readDeferredStoreConfig } from "@heliograph/deferred-store";
import { readConfig as readMsrpRelayConfig } from "@heliograph/msrp-relay";
import { readConfig as readParticipatingConfig } from "@heliograph/participating";
import { readProvisioningConfig } from "@heliograph/provisioning";
import { type EnvReader, type Setting, settingsOf } from "@heliograph/runtime";
import { readSipCoreConfig } from "@heliograph/sip-core";
import { readConfig as readSipEdgeConfig } from "@heliograph/sip-edge";
import { readTelemetryConfig } from "@heliograph/telemetry";
import { generatedPage } from "./generated-page.js";

const chapters: readonly (readonly [string, string, (read: EnvReader) => unknown])[] = [
  ["sip-edge", "SIP from and to the world.", readSipEdgeConfig],
  ["sip-core", "Registrar and credentials.", readSipCoreConfig],
  ["participating", "Policy and delivery of messages.", readParticipatingConfig],
  ["msrp-relay", "Sessions' media.", readMsrpRelayConfig],
  ["deferred-store", "Messages that wait.", readDeferredStoreConfig],
  ["provisioning", "The admin API.", readProvisioningConfig],
  ["Every process", "Logs, traces, health.", (read) => [readTelemetryConfig(read), readHealthConfig(read)]],
  ["The embedded form", "`npm start`: every service in one process.", readAllInOneConfig],
  ["A service as a process of its own", "`npm run start:distributed`, containers.", readServiceProcessConfig],
];

const introduction = `# Configuration

Every setting is an environment variable with a default that works; an empty one counts as unset. All problems are reported
at once, when a process starts. Durations are written \`1500ms\`, \`30s\`, \`5m\`, \`2h\`, \`7d\`; sizes \`65536\`, \`64k\`, \`16M\`; lists
have commas. Secrets may come from files. This page is generated from the code: \`npm run docs:config\`.
`;

generatedPage("docs/configuration.md", pageOf(), "npm run docs:config");

function pageOf(): string {
  const shown = new Set<string>();
  const parts = chapters.map(([title, about, readConfig]) => {
    const settings = settingsOf(readConfig).filter(({ name }) => !shown.has(name));
    for (const { name } of settings) shown.add(name);
    return settings.length === 0 ? "" : `\n## ${title}\n\n${about}\n\n${tableOf(settings)}`;
  });
  return `${introduction}${parts.join("")}`;
}

function tableOf(settings: readonly Setting[]): string {
  const rows = settings.map(
    (setting) => `| \`${setting.name}\` | ${setting.kind} | ${defaultOf(setting)} | ${aboutOf(setting)} |\n`,
  );
  return `| Setting | Value | Default | What it means |\n|---|---|---|---|\n${rows.join("")}`;
}

function defaultOf({ fallback, isRequired }: Setting): string {
  if (isRequired) return "required";
  return fallback ? `\`${fallback.replaceAll("|", "\\|")}\`` : "";
}

function aboutOf({ name, about, isSecret }: Setting): string {
  const text = about.replaceAll("|", "\\|");
  return isSecret ? `${text}. May come from a file: \`${name}_FILE\`` : text;
}
