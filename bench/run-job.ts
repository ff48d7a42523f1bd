import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { TernGradJob } from '../crds/index.ts';
import type { RunResult } from '../operator/local/run-result.ts';
import { cleanedUp } from './interrupted.ts';
import { withTemporaryFolder } from './temporary-folder.ts';

const terngrad = fileURLToPath(new URL('../dist/terngrad.js', import.meta.url));

/** Runs a job the way a user does, `terngrad run -f job.yaml --output json`, and returns what it printed. */
export async function runJob(job: TernGradJob): Promise<RunResult> {
  return withTemporaryFolder(async (folder) => {
    const file = join(folder, 'job.yaml');
    await writeFile(file, stringify(job));
    const running = promisify(execFile)(process.execPath, [terngrad, 'run', '-f', file, '--output', 'json'], {
      maxBuffer: 2 ** 26,
    });
    const { stdout } = await cleanedUp(
      () => running.child.kill('SIGINT'),
      () => running,
    );
    return JSON.parse(stdout) as RunResult;
  });
}
