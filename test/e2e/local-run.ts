import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { TernGradJob } from '../../crds/index.ts';
import type { RunResult } from '../../operator/local/run-result.ts';

const terngrad = fileURLToPath(new URL('../../dist/terngrad.js', import.meta.url));

/** What `terngrad run` makes of a job, with `files` beside the job's own, as a ConfigMap has them on the cluster. */
export async function localRun(job: TernGradJob, files: readonly string[] = []): Promise<RunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'terngrad-e2e-'));
  try {
    const yaml = join(folder, 'job.yaml');
    writeFileSync(yaml, stringify(job));
    for (const file of files) copyFileSync(file, join(folder, basename(file)));
    const parameters = [terngrad, 'run', '-f', yaml, '--output', 'json'];
    const { stdout } = await promisify(execFile)(process.execPath, parameters, { maxBuffer: 2 ** 26 });
    return JSON.parse(stdout) as RunResult;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
