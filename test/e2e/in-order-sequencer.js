/** Runs the files by name, and at the very end the one that looks at what the others made the operator do. */
const LAST = 'rights.e2e.ts';

export default class InOrderSequencer {
  sort(tests) {
    return tests.toSorted(
      (a, b) => Number(a.path.endsWith(LAST)) - Number(b.path.endsWith(LAST)) || a.path.localeCompare(b.path),
    );
  }

  shard(tests) {
    return tests;
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}
