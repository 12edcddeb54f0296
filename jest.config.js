const services = "sip-edge|sip-core|participating|deferred-store|msrp-relay|provisioning|all-in-one";

/** @type {import('jest').Config} */
export default {
  rootDir: import.meta.dirname,
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2023" }, module: { type: "es6" } },
    ],
  },
  moduleNameMapper: {
    [`^@heliograph/(${services})$`]: "<rootDir>/services/$1/src/index.ts",
    "^@heliograph/([a-z-]+)$": "<rootDir>/packages/$1/src/index.ts",
    "^(\\.{1,2}/(?!.*node_modules).*)\\.js$": "$1",
  },
  testMatch: ["<rootDir>/{packages,services}/*/test/**/*.test.ts", "<rootDir>/test/**/*.test.ts"],
  modulePathIgnorePatterns: ["/dist/"],
  testTimeout: 20_000,
  reporters: [["default", { summaryThreshold: 1000 }], "<rootDir>/scripts/jest-summary-reporter.js"],
};
