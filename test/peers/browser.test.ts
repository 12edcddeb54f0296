import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { createClient, type Session } from "@heliograph/client";
import { HeliographServer } from "@heliograph/testkit";
import { eventually } from "../scenarios/eventually.js";
import { BrowserPage } from "./programs/browser-page.js";

let server: HeliographServer;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await HeliographServer.start();
  for (const user of ["pat", "sam"]) await server.addUser(`sip:${user}@127.0.0.1`, user);
}, 120_000);
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
}, 60_000);
afterAll(() => server.stop(), 60_000);

const received = (browser: BrowserPage) =>
  browser.page.evaluate<{ contentType: string; text: string; size: number }[]>("chat.received");

/** Chromium with a page of sip.js and our MSRP, registered as `pat`. */
async function openPage(scheme: "ws" | "wss"): Promise<BrowserPage> {
  const browser = await BrowserPage.open("chat.js");
  ends.push(() => browser.close());
  const account = {
    user: "pat",
    domain: "127.0.0.1",
    password: "pat",
    server: `${scheme}://127.0.0.1:${server.ports[scheme]}`,
  };
  await browser.page.evaluate(`chat.register(${JSON.stringify(account)})`);
  return browser;
}

/** A client of ours over TCP, registered as `sam`, that takes every session. */
async function openClient() {
  const client = createClient({ aor: "sip:sam@127.0.0.1", password: "sam", server: server.uri("tcp") });
  ends.push(() => client.close());
  const texts: string[] = [];
  const sessions: Session[] = [];
  client.onSession(async (invitation) => {
    const session = await invitation.accept();
    if (!session) return;
    session.onMessage(({ message }) => void texts.push(message.text ?? ""));
    sessions.push(session);
  });
  expect(await client.register()).toMatchObject({ kind: "registered" });
  return { client, texts, sessions };
}

describe.each(["ws", "wss"] as const)(
  "a browser (Chromium, sip.js) over %s with somebody over TCP",
  (scheme) => {
    it("MS-22 GEN-01 PF-08 a session that the page begins carries texts both ways, and half a megabyte", async () => {
      const browser = await openPage(scheme);
      const sam = await openClient();
      await browser.page.evaluate('chat.invite("sip:sam@127.0.0.1")');
      expect(await browser.page.evaluate('chat.send("hello from a page ✓")')).toEqual({ kind: "done" });
      expect(sam.texts).toEqual(["hello from a page ✓"]);
      await sam.sessions[0]?.sendText("hello, page ✓");
      await eventually("the page has the text", async () => (await received(browser)).length > 0);
      expect((await received(browser))[0]?.text).toContain("hello, page ✓");
      expect(await browser.page.evaluate("chat.send(500000)")).toEqual({ kind: "done" });
      expect(sam.texts.at(-1)).toHaveLength(500_000);
      await browser.page.evaluate("chat.bye()");
    }, 90_000);

    it("MS-22 PF-11 a session that somebody begins with the page ends for the page, too", async () => {
      const browser = await openPage(scheme);
      const sam = await openClient();
      const opened = await sam.client.openSession("sip:pat@127.0.0.1");
      if (opened.kind !== "established") throw new Error(`not opened: ${JSON.stringify(opened)}`);
      expect(await opened.session.sendText("to a page")).toMatchObject({ kind: "sent" });
      await eventually("the page has the text", async () => (await received(browser)).length > 0);
      await opened.session.close();
      await eventually("the page's session is over", async () => {
        return (await browser.page.evaluate("chat.state")) === "Terminated";
      });
    }, 90_000);
  },
);
