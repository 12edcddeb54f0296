/**
 * Writes docs/machines.md: the state machines as the code has them, drawn; with `--check`, fails when it is stale.
 *
 * Use: node build/scripts/machines-page.js [--check]
 */
import { toMermaid } from "@heliograph/kernel";
import { inviteClient, inviteServer, nonInviteClient, nonInviteServer } from "@heliograph/sip";
import { generatedPage } from "./generated-page.js";

const transactions = "packages/sip/src/transaction";

const machines = [
  {
    title: "INVITE client transaction",
    source: "invite-client.machine.ts",
    section: "RFC 3261 §17.1.1 (Figure 5), RFC 6026 §7.2",
    drawing: toMermaid(inviteClient),
  },
  {
    title: "Non-INVITE client transaction",
    source: "non-invite-client.machine.ts",
    section: "RFC 3261 §17.1.2 (Figure 6), RFC 4320",
    drawing: toMermaid(nonInviteClient),
  },
  {
    title: "INVITE server transaction",
    source: "invite-server.machine.ts",
    section: "RFC 3261 §17.2.1 (Figure 7), RFC 6026 §7.1",
    drawing: toMermaid(inviteServer),
  },
  {
    title: "Non-INVITE server transaction",
    source: "non-invite-server.machine.ts",
    section: "RFC 3261 §17.2.2 (Figure 8), RFC 4320",
    drawing: toMermaid(nonInviteServer),
  },
];

const introduction = `# State machines

Drawn from the tables that run: \`npm run docs:machines\`. An arrow is labelled with the event, and after each slash with an
action. What a state absorbs without doing anything is left out, and so is what cannot arrive. A MESSAGE or REGISTER
uses the two non-INVITE machines; the reasons for every departure from the figures of RFC 3261 stand above the tables.
`;

const chapters = machines.map(
  ({ title, source, section, drawing }) =>
    `\n## ${title}\n\n${section} · [${source}](../${transactions}/${source})\n\n\`\`\`mermaid\n${drawing}\n\`\`\`\n`,
);

generatedPage("docs/machines.md", introduction + chapters.join(""), "npm run docs:machines");
