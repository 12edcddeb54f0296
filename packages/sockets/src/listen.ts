import { isIPv6, type AddressInfo, type Server } from "node:net";

/** Opens a server; gives the port that it got. */
export function bind(
  server: Server,
  at: { readonly address: string; readonly port: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: at.address, port: at.port, ipv6Only: isIPv6(at.address), exclusive: true }, () => {
      server.off("error", reject);
      resolve(portOf(server.address(), at.port));
    });
  });
}

/** Takes no more connections. Those that are open stay open, and are not waited for. */
export function unbind(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close();
    server.unref();
    setImmediate(resolve);
  });
}

function portOf(address: AddressInfo | string | null, asked: number): number {
  return typeof address === "object" && address !== null ? address.port : asked;
}
