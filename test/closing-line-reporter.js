/** Ends a test run with the plain line `N passed, N failed, N skipped`, and lists what was skipped. */
export default class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    for (const file of results.testResults) {
      for (const test of file.testResults) {
        if (test.status === 'pending' || test.status === 'todo') {
          console.log(`skipped: ${test.fullName}`);
        }
      }
    }
    // A file that could not even be loaded has no test of its own: it counts as one failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    // Jest's own summary comes after all reporters; the closing line comes after that.
    process.once('exit', () => {
      console.log(`${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
    });
  }
}
