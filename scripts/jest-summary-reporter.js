/** Ends a test run with the peers that it talked to and one plain line of totals. */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const peers = results.testResults
      .filter(({ testFilePath }) => testFilePath.includes("/test/peers/"))
      .map(({ testFilePath, numPassingTests, numFailingTests }) => ({
        name: testFilePath.split("/").at(-1).replace(".test.ts", ""),
        verdict: numFailingTests === 0 ? `${numPassingTests} passed` : `${numFailingTests} FAILED`,
      }))
      .sort((a, b) => a.name.localeCompare(b.name));
    if (peers.length > 0) {
      console.log("\nPrograms that we did not write, run as peers:");
      for (const { name, verdict } of peers) console.log(`  ${name.padEnd(28)} ${verdict}`);
    }
    // A suite that did not even load has no failing test of its own.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    console.log(
      `\n${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
    );
  }
}
