import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

const root = process.cwd();

/** Our packages that run in a browser as they are built, and sip.js as it is published: no bundler stands between. */
const imports = {
  "@heliograph/kernel": "/packages/kernel/dist/index.js",
  "@heliograph/sip": "/packages/sip/dist/index.js",
  "@heliograph/msrp": "/packages/msrp/dist/index.js",
  "sip.js": "/node_modules/sip.js/lib/index.js",
};

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".html": "text/html",
  ".map": "application/json",
};

/** A headless Chromium with one page of ours open, served over loopback. */
export class BrowserPage {
  private constructor(
    readonly page: Page,
    private readonly browser: Browser,
    private readonly server: Server,
  ) {}

  /** Opens a page that runs `script`, a file of `test/peers/pages`. */
  static async open(script: string): Promise<BrowserPage> {
    const server = createServer((request, response) => {
      serve(request.url ?? "/", script).then(
        ({ type, content }) => response.writeHead(200, { "content-type": type }).end(content),
        () => response.writeHead(404).end(),
      );
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--ignore-certificate-errors",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction("window.isReady === true");
    return new BrowserPage(page, browser, server);
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.close();
  }
}

async function serve(url: string, script: string): Promise<{ type: string; content: string | Buffer }> {
  if (url === "/") return { type: "text/html", content: html(script) };
  const path = normalize(decodeURIComponent(url.split("?")[0] ?? ""));
  if (!/^\/(packages\/[a-z-]+\/dist|node_modules\/sip\.js\/lib|test\/peers\/pages)\//.test(path))
    throw new Error("not served");
  return { type: types[extname(path)] ?? "text/plain", content: await readFile(join(root, path)) };
}

const html = (script: string): string => `<!doctype html>
<meta charset="utf-8">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module" src="/test/peers/pages/${script}"></script>
`;
