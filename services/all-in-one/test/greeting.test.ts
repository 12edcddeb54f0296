import { describe, expect, it } from "@jest/globals";
import { demoUsers } from "../src/domain/demo.js";
import { formatGreeting, type Started } from "../src/domain/greeting.js";

const plain = { bold: (text: string) => text, dim: (text: string) => text };
const started: Started = {
  points: [
    { transport: "udp", address: "127.0.0.1", port: 5060 },
    { transport: "wss", address: "::1", port: 5067 },
  ],
  mediaPoints: [{ transport: "tls", address: "127.0.0.1", port: 2856 }],
  adminUrl: "http://127.0.0.1:8080",
  adminKeyFile: "data/admin-key",
  healthUrl: "http://127.0.0.1:9090",
  bus: "in process",
  state: "in memory",
  database: "embedded Postgres in data/postgres",
  demoUsers,
  tookMs: 812,
};
const greet = (changes: Partial<Started> = {}) => formatGreeting({ ...started, ...changes }, plain);

describe("what a start prints", () => {
  it("says where SIP and MSRP are taken, from the listeners that are open", () => {
    expect(greet()).toMatch(/MSRP over TLS +127\.0\.0\.1:2856\n/);
    expect(greet()).toMatch(/SIP over UDP +127\.0\.0\.1:5060\n/);
    expect(greet()).toMatch(/SIP over secure WebSocket +\[::1\]:5067\n/);
  });

  it("says where the admin API is and where its key lies", () => {
    expect(greet()).toMatch(/Admin API +http:\/\/127\.0\.0\.1:8080 +key in data\/admin-key\n/);
    expect(greet({ adminKeyFile: undefined })).not.toContain("key in");
  });

  it("names the demo users with their passwords, and the three lines for Linphone", () => {
    const text = greet();
    for (const { aor, password } of demoUsers) expect(text).toContain(`${aor}   password ${password}`);
    expect(text).toMatch(
      /Username +alice .*\n +Password +alice .*\n +Domain, transport +127\.0\.0\.1, proxy <sip:127\.0\.0\.1:5060;transport=udp>\n/,
    );
  });

  it("gives commands that can be pasted", () => {
    expect(greet()).toContain(
      'npx heliograph send --as sip:alice@127.0.0.1 --password alice sip:bob@127.0.0.1 "hello, bob"',
    );
    expect(greet({ points: [{ transport: "tcp", address: "127.0.0.1", port: 7070 }] })).toContain(
      '--password alice --server "sip:127.0.0.1:7070;transport=tcp" sip:bob@127.0.0.1',
    );
  });

  it("tells how to make users where there are no demo users", () => {
    const text = greet({ demoUsers: [] });
    expect(text).not.toMatch(/alice|Linphone/);
    expect(text).toContain(
      "npx heliograph user add sip:dave@example.org --admin http://127.0.0.1:8080 --key-file data/admin-key",
    );
  });
});
