/**
 * Writes docs/subjects.md: every subject of the bus with its types, who serves it and who uses it; with `--check`,
 * fails when it is stale.
 *
 * Use: node build/scripts/subjects-page.js [--check]
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  deferredStore,
  PagerMessage,
  participating,
  sipCore,
  sipEdge,
  Submission,
} from "@heliograph/contracts";
import { z } from "zod";
import { generatedPage } from "./generated-page.js";

interface Request {
  readonly kind: "request";
  readonly subject: string;
  readonly queue: string;
  readonly timeoutMs: number;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

interface Event {
  readonly kind: "event";
  readonly subject: string;
  readonly fact: z.ZodType;
}

type Schema = Readonly<z.core.JSONSchema.BaseSchema>;

const owners = [
  { service: "sip-edge", namespace: "sipEdge", contract: sipEdge },
  { service: "sip-core", namespace: "sipCore", contract: sipCore },
  { service: "participating", namespace: "participating", contract: participating },
  { service: "deferred-store", namespace: "deferredStore", contract: deferredStore },
] as const;

const services = ["sip-edge", "sip-core", "participating", "deferred-store", "provisioning"];
const sourceOf = new Map(services.map((service) => [service, readAll(join("services", service, "src"))]));

/** Values that many subjects carry, the outer before the inner: spelled out once, under their names. */
const named = Object.entries({
  Leg: sipEdge.Leg,
  LegOutcome: sipEdge.LegOutcome,
  PagerMessage,
  Submission,
}).map(([name, schema]) => ({ name, text: textOf(schema) }));

const introduction = `# Subjects of the bus

Generated from \`packages/contracts\`: \`npm run docs:subjects\`. A request has one answer, from one member of the queue, before
its time is up; an event is a fact that is told to whoever listens, at most once. Names in braces are filled in. The last
token is the name of the handler's file. What is bytes or a URI stands here as what it is on the wire.
`;

const values = named.map(({ name, text }) => `- ${name}: \`${abbreviated(text, name)}\`\n`).join("");
const page = `${introduction}${owners.map(chapter).join("")}\n## Values\n\n${values}`;
generatedPage("docs/subjects.md", page, "npm run docs:subjects");

function chapter({ service, namespace, contract }: (typeof owners)[number]): string {
  const declared = Object.entries(contract as Record<string, unknown>).filter(isDeclaration);
  const requests = declared.map(([name, declaration]) =>
    declaration.kind === "request"
      ? requestSection(service, `${namespace}.${name}`, declaration)
      : eventSection(service, `${namespace}.${name}`, declaration),
  );
  return `\n## ${service}\n${requests.join("")}`;
}

function isDeclaration(entry: [string, unknown]): entry is [string, Request | Event] {
  const [, value] = entry;
  return typeof value === "object" && value !== null && "subject" in value && "kind" in value;
}

function requestSection(service: string, name: string, declared: Request): string {
  const { subject, queue, timeoutMs, input, output } = declared;
  return [
    "",
    `### \`${subject}\``,
    "",
    `Request \`${name}\`, queue \`${queue}\`, ${timeoutMs / 1000} s. Asked by ${usersOf(name, service)}.`,
    "",
    `- in: ${describe(input)}`,
    `- out: ${describe(output)}`,
    "",
  ].join("\n");
}

function eventSection(service: string, name: string, { subject, fact }: Event): string {
  return [
    "",
    `### \`${subject}\``,
    "",
    `Event \`${name}\`. Heard by ${usersOf(name, service)}.`,
    "",
    `- fact: ${describe(fact)}`,
    "",
  ].join("\n");
}

function usersOf(name: string, owner: string): string {
  const mention = new RegExp(`\\b${name.replace(".", "\\.")}\\b`);
  const users = services.filter((service) => mention.test(sourceOf.get(service) ?? ""));
  const others = users.filter((service) => service !== owner);
  return others.length > 0 ? others.join(", ") : `${owner} itself`;
}

/** A schema on one line: `{ aor: text, bindings?: [number] }`. */
function describe(schema: z.ZodType): string {
  return `\`${abbreviated(textOf(schema))}\``;
}

function textOf(schema: z.ZodType): string {
  return shape(z.toJSONSchema(schema, { unrepresentable: "any", io: "input" }));
}

function abbreviated(text: string, except = ""): string {
  const others = named.filter(({ name }) => name !== except);
  return others.reduce((shorter, { name, text: long }) => shorter.replaceAll(long, name), text);
}

function shape(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const union = schema.anyOf ?? schema.oneOf;
  if (union) return union.map((each) => shape(each)).join(" | ");
  if (schema.type === "array") return tupleOrList(schema);
  if (schema.type === "object") return objectShape(schema);
  return schema.type === undefined ? "bytes" : String(schema.type);
}

function tupleOrList({ prefixItems, items }: Schema): string {
  if (prefixItems) return `[${prefixItems.map((each) => shapeOf(each)).join(", ")}]`;
  return `[${Array.isArray(items) ? items.map(shapeOf).join(", ") : shapeOf(items ?? true)} …]`;
}

function objectShape({ properties = {}, required = [], additionalProperties }: Schema): string {
  const fields = Object.entries(properties).map(
    ([name, each]) => `${name}${required.includes(name) ? "" : "?"}: ${shapeOf(each)}`,
  );
  const rest = typeof additionalProperties === "object" ? [`…: ${shape(additionalProperties)}`] : [];
  return fields.length + rest.length === 0 ? "{}" : `{ ${[...fields, ...rest].join(", ")} }`;
}

function shapeOf(schema: Schema | boolean): string {
  return typeof schema === "boolean" ? "anything" : shape(schema);
}

function readAll(dir: string): string {
  return readdirSync(dir, { withFileTypes: true })
    .map((entry) =>
      entry.isDirectory() ? readAll(join(dir, entry.name)) : readFileSync(join(dir, entry.name), "utf8"),
    )
    .join("\n");
}
