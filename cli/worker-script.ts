import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UserError } from './user-error.ts';

/** Where the worker's bundle lies, seen from this module in `dist/` and from its source. */
const candidates = ['./worker.js', '../dist/worker.js'];

/** @throws UserError when nothing was built yet. */
export function findWorkerScript(base: string | URL = import.meta.url): string {
  const paths = candidates.map((candidate) => fileURLToPath(new URL(candidate, base)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) {
    throw new UserError(
      `the worker's program is not built (looked for ${paths.join(', ')}); run \`npm run build\``,
    );
  }
  return found;
}
