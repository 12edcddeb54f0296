import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { keptCertificate } from "../src/index.js";

describe("GEN-01 the certificate of TLS and WSS", () => {
  it("is made once, names the hosts, and its key is for its owner only", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "certificate-"));
    try {
      const source = { keyFile: undefined, certFile: undefined, dataDir };
      const made = await keptCertificate(source, ["im.example.com", "127.0.0.1", "::1"]);
      expect(await keptCertificate(source, ["other"])).toEqual(made);
      const certificate = new X509Certificate(made.cert);
      expect(certificate.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
      expect(certificate.checkHost("im.example.com")).toBe("im.example.com");
      expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
      expect((await stat(join(dataDir, "tls", "key.pem"))).mode & 0o077).toBe(0);
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });

  it("is one for all who ask for the first at once", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "certificate-"));
    try {
      const source = { keyFile: undefined, certFile: undefined, dataDir };
      const [one, other] = await Promise.all([
        keptCertificate(source, ["a"]),
        keptCertificate(source, ["b"]),
      ]);
      expect(one).toEqual(other);
      expect(new X509Certificate(one.cert).checkPrivateKey(createPrivateKey(one.key))).toBe(true);
      expect(await readdir(dataDir)).toEqual(["tls"]);
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });

  it("is the operator's where two files are named; one alone is an error", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "certificate-"));
    try {
      const [keyFile, certFile] = [join(dataDir, "k"), join(dataDir, "c")];
      await writeFile(keyFile, "key");
      await writeFile(certFile, "cert");
      expect(await keptCertificate({ keyFile, certFile, dataDir }, [])).toEqual({ key: "key", cert: "cert" });
      await expect(keptCertificate({ keyFile, certFile: undefined, dataDir }, [])).rejects.toThrow(
        "TLS_CERT",
      );
      await expect(readFile(join(dataDir, "tls", "key.pem"))).rejects.toThrow();
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });
});
