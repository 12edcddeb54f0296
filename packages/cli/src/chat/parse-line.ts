/** What a typed line means. */
export type Line =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "nothing" }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "transport"; readonly transport: "tcp" | "tls" | "ws" }
  | { readonly kind: "hold" | "resume" }
  | { readonly kind: "accept" | "decline" | "help" | "quit" }
  | { readonly kind: "unknown"; readonly advice: string };

const changes = ["hold", "resume"] as const;
const plain = ["accept", "decline", "help", "quit"] as const;

/** Reads a line; one that begins with `//` is a text that begins with `/`. Pure. */
export function parseLine(line: string): Line {
  if (line.trim() === "") return { kind: "nothing" };
  if (line.startsWith("//")) return { kind: "text", text: line.slice(1) };
  if (!line.startsWith("/")) return { kind: "text", text: line };
  const [, name = "", argument = ""] = /^\/(\S*)\s*(.*?)\s*$/.exec(line) ?? [];
  if (name === "file")
    return argument === "" ? needs("a path: /file picture.png") : { kind: "file", path: argument };
  if (name === "transport") return transportOf(argument);
  const change = changes.find((one) => one === name);
  if (change) return { kind: change };
  const kind = plain.find((one) => one === name);
  return kind ? { kind } : { kind: "unknown", advice: `/${name} is nothing here: /help says what is` };
}

function transportOf(argument: string): Line {
  const transport = (["tcp", "tls", "ws"] as const).find((one) => one === argument);
  return transport ? { kind: "transport", transport } : needs("one of tcp, tls, ws: /transport tls");
}

const needs = (what: string): Line => ({ kind: "unknown", advice: `say ${what}` });

/** What can be typed. */
export const chatHelp = [
  "what you type is sent; a line that begins with / is for this program:",
  "  /file PATH        send a file; it goes on by itself after a lost connection",
  "  /accept           take the file that is offered    /decline  do not",
  "  /hold             ask the other side to be quiet   /resume   go on",
  "  /transport tls    move to tcp, tls or ws",
  "  /quit             end it (or Ctrl-D)",
  "  //text            send a text that begins with /",
].join("\n");
