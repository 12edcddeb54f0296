import { generate } from "selfsigned";

/** A key and a certificate for it that vouches for itself, valid for a name and for 127.0.0.1. */
export async function selfSigned(name = "localhost") {
  const { private: key, cert } = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: name },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { key, cert, ca: cert };
}
