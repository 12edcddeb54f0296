const protocol = "sip|msrp|sdp|xml|im-bodies";
const platform = "sip-stack|msrp-stack|bus|state|database|telemetry|runtime|client|cli|testkit";

/** The layers: kernel ← protocol packages ← contracts ← platform ← services; nothing points the other way. */
export default {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "kernel-knows-nobody",
      severity: "error",
      from: { path: "^packages/kernel/src" },
      to: { path: "^(packages/(?!kernel/)|services/)" },
    },
    {
      name: "protocol-packages-know-only-the-kernel-and-each-other",
      severity: "error",
      from: { path: `^packages/(${protocol})/src` },
      to: { path: `^(packages/(?!(kernel|${protocol})/)|services/)` },
    },
    {
      name: "protocol-packages-do-no-io",
      comment: "they take bytes and give values, and run in a browser too",
      severity: "error",
      from: { path: `^packages/(${protocol})/src` },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "contracts-know-only-the-kernel-and-protocol-packages",
      severity: "error",
      from: { path: "^packages/contracts/src" },
      to: { path: `^(packages/(?!(contracts|kernel|${protocol})/)|services/)` },
    },
    {
      name: "platform-knows-no-service",
      severity: "error",
      from: { path: `^packages/(${platform})/src` },
      to: { path: "^services/" },
    },
    {
      name: "services-never-import-one-another",
      severity: "error",
      from: { path: "^services/(?!all-in-one/)([^/]+)/" },
      to: { path: "^services/", pathNot: "^services/$1/" },
    },
    {
      name: "domain-is-pure",
      severity: "error",
      from: { path: "^services/[^/]+/src/domain/" },
      to: {
        path: "(^services/[^/]+/src/(adapters|handlers|ports|events)|^packages/(bus|state|database|sip-stack|msrp-stack|telemetry|runtime)/)",
      },
    },
    {
      name: "domain-does-no-io",
      severity: "error",
      from: { path: "^services/[^/]+/src/domain/" },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?(buffer|crypto|net)$" },
    },
    {
      name: "handlers-speak-to-ports",
      severity: "error",
      from: { path: "^services/[^/]+/src/handlers/" },
      to: { path: "(^services/[^/]+/src/adapters/|node_modules/(pg|ioredis|@nats-io)/)" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|build|test|node_modules/(?!@heliograph))/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["types", "import", "default"] },
  },
};
