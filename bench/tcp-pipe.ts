/** A bare TCP pipe, a process of its own: from the first port to the second. */
import { connect, createServer } from "node:net";

const [from, to] = process.argv.slice(2).map(Number);
const server = createServer((incoming) => {
  const outgoing = connect(to ?? 0, "127.0.0.1");
  incoming.pipe(outgoing);
  outgoing.pipe(incoming);
});
server.listen(from, "127.0.0.1", () => process.send?.("listening"));
