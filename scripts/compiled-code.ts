import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compiledFileOf, KEEP_COMPILED } from '../trainer/precompiled.ts';

/** Two workers, so that all of the exchange is compiled, and the built-in program that uses the most of TensorFlow.js. */
const JOB = `
apiVersion: terngrad.dev/v1alpha1
kind: TernGradJob
metadata: { name: compiled-code }
spec:
  workers: { replicas: 2 }
  program: { name: lenet }
  data: { name: synthetic, syntheticExamples: 256 }
  training: { steps: 6, batchSize: 16 }
`;

/**
 * Trains a little with the build in this folder, and keeps what V8 compiled beside the bundles (docs/decisions/019).
 * @throws Error when the job fails, or a bundle has no compiled code afterwards.
 */
export async function keepCompiledCode(directory: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'terngrad-build-'));
  try {
    const file = join(folder, 'job.yaml');
    await writeFile(file, JOB);
    await promisify(execFile)(process.execPath, [join(directory, 'terngrad.js'), 'run', '-f', file], {
      env: { ...process.env, [KEEP_COMPILED]: '1' },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const bundles = (await readdir(directory)).filter((name) => name.endsWith('.cjs'));
  const without = bundles.filter((name) => !existsSync(compiledFileOf(join(directory, name))));
  if (without.length > 0) throw new Error(`nothing compiled was kept of ${without.join(', ')}`);
}
