import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const TIMEOUT_MS = 60_000;

/**
 * Whether native TensorFlow loads on this computer. Tried in a process of its own: a library that is broken may take
 * its process along, and one that is not should not stay loaded here.
 */
export function nativeLoads(): Promise<boolean> {
  const script = "await import('@tensorflow/tfjs-node-gpu'); process.exit(0);";
  // Bare names are looked up from the working directory, which must therefore be ours and not the user's.
  const cwd = dirname(fileURLToPath(import.meta.url));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { cwd, timeout: TIMEOUT_MS, env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' } },
      (error) => resolve(error === null),
    );
  });
}
