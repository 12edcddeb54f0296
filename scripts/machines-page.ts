/**
 * Writes docs/machines.md: the state machines as the code has them, drawn; with `--check`, fails when it is stale.
 *
 * Use: node build/scripts/machines-page.js [--check]
 */
import { basename } from "node:path";
import { toMermaid } from "@heliograph/kernel";
import {
  dialogLife,
  incomingInvite,
  inviteClient,
  inviteServer,
  modification,
  nonInviteClient,
  nonInviteServer,
  outgoingInvite,
  sessionTimer,
} from "@heliograph/sip";
import { endMachine } from "@heliograph/msrp-relay";
import { generatedPage } from "./generated-page.js";

const transactions = "packages/sip/src/transaction";
const dialogs = "packages/sip/src/dialog";

const machines = [
  {
    title: "INVITE client transaction",
    source: `${transactions}/invite-client.machine.ts`,
    section: "RFC 3261 §17.1.1 (Figure 5), RFC 6026 §7.2",
    drawing: toMermaid(inviteClient),
  },
  {
    title: "Non-INVITE client transaction",
    source: `${transactions}/non-invite-client.machine.ts`,
    section: "RFC 3261 §17.1.2 (Figure 6), RFC 4320",
    drawing: toMermaid(nonInviteClient),
  },
  {
    title: "INVITE server transaction",
    source: `${transactions}/invite-server.machine.ts`,
    section: "RFC 3261 §17.2.1 (Figure 7), RFC 6026 §7.1",
    drawing: toMermaid(inviteServer),
  },
  {
    title: "Non-INVITE server transaction",
    source: `${transactions}/non-invite-server.machine.ts`,
    section: "RFC 3261 §17.2.2 (Figure 8), RFC 4320",
    drawing: toMermaid(nonInviteServer),
  },
  {
    title: "Dialog",
    source: `${dialogs}/dialog.machine.ts`,
    section: "RFC 3261 §12, §13.3.1.4, §15",
    drawing: toMermaid(dialogLife),
  },
  {
    title: "INVITE from outside, as its user answers it",
    source: `${dialogs}/incoming-invite.machine.ts`,
    section: "RFC 3261 §13.3, RFC 3262 §3",
    drawing: toMermaid(incomingInvite),
  },
  {
    title: "INVITE of ours, and its forks",
    source: `${dialogs}/outgoing-invite.machine.ts`,
    section: "RFC 3261 §13.2, RFC 4028 §7.3",
    drawing: toMermaid(outgoingInvite),
  },
  {
    title: "Who may change a session",
    source: `${dialogs}/modification.machine.ts`,
    section: "RFC 3261 §14, RFC 3311 §5, RFC 3264 §4",
    drawing: toMermaid(modification),
  },
  {
    title: "Session timer",
    source: `${dialogs}/session-timer.machine.ts`,
    section: "RFC 4028 §7, §9, §10",
    drawing: toMermaid(sessionTimer),
  },
  {
    title: "End of an anchored session",
    source: "services/msrp-relay/src/domain/end.machine.ts",
    section: "RFC 4975 §5.4, RFC 6135 §4.2",
    drawing: toMermaid(endMachine),
  },
];

const introduction = `# State machines

Drawn from the tables that run: \`npm run docs:machines\`. An arrow is labelled with the event, and after each slash with an
action. What a state absorbs without doing anything is left out, and so is what cannot arrive. A MESSAGE or REGISTER
uses the two non-INVITE machines; the reasons for every departure from the figures of RFC 3261 stand above the tables.
`;

const chapters = machines.map(
  ({ title, source, section, drawing }) =>
    `\n## ${title}\n\n${section} · [${basename(source)}](../${source})\n\n\`\`\`mermaid\n${drawing}\n\`\`\`\n`,
);

generatedPage("docs/machines.md", introduction + chapters.join(""), "npm run docs:machines");
