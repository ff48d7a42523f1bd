import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Caches of tools that tests start, and not the tests' own. */
const CACHES = [/^tsx-\d+$/, /^node-compile-cache$/];

/**
 * Gives a test run a temporary folder that is its alone, whatever else runs on the computer; what the tests leave in
 * it fails the run. Names begin with the prefix that the test, or the program, gave to `mkdtemp`.
 */
export default class TemporaryFolderReporter {
  #folder;

  /** Before the processes are forked in which tests run. */
  onRunStart() {
    this.#folder = mkdtempSync(join(tmpdir(), 'terngrad-test-run-'));
    process.env.TMPDIR = this.#folder;
  }

  onRunComplete(_contexts, results) {
    const left = readdirSync(this.#folder).filter((name) => !CACHES.some((cache) => cache.test(name)));
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    if (left.length === 0) return;
    // As if one more file had failed to load: jest then ends with 1, and the closing line counts it.
    results.numRuntimeErrorTestSuites += 1;
    console.error(
      `FAIL: tests left ${left.length} temporary files or folders behind: ${left.join(', ')}; ` +
        'let their tests remove them in afterEach or afterAll',
    );
  }
}
