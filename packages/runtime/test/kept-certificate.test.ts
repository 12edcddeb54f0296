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
      const made = await keptCertificate({ keyFile: undefined, certFile: undefined, dataDir }, ["a"]);
      await rm(join(dataDir, "tls"), { recursive: true });
      await writeFile(keyFile, made.key);
      await writeFile(certFile, made.cert);
      expect(await keptCertificate({ keyFile, certFile, dataDir }, [])).toEqual(made);
      await expect(keptCertificate({ keyFile, certFile: undefined, dataDir }, [])).rejects.toThrow(
        "TLS_CERT",
      );
      await expect(readFile(join(dataDir, "tls", "key.pem"))).rejects.toThrow();
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });

  it("is a matter of the configuration where those files are missing or none", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "certificate-"));
    try {
      const [keyFile, certFile] = [join(dataDir, "k"), join(dataDir, "c")];
      const named = () => keptCertificate({ keyFile, certFile, dataDir }, []);
      await expect(named()).rejects.toThrow(
        /attention:\n {2}TLS_KEY cannot be read .*\n {2}TLS_CERT cannot be read/,
      );
      await writeFile(keyFile, "key");
      await writeFile(certFile, "cert");
      await expect(named()).rejects.toThrow(/attention:\n {2}TLS_KEY and TLS_CERT: .* in PEM/);
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });
});
