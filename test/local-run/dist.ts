import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const metafilePath = join(root, 'dist/metafile.json');

/** What the build reads besides the modules that esbuild lists. */
const otherSources = [
  'scripts/build.ts',
  'scripts/build-kernels.ts',
  'scripts/compiled-code.ts',
  'trainer/wire/terngrad.proto',
];
const kernelSources = 'trainer/ternary/assembly';

/** The built program, as these tests run it. */
export interface Dist {
  readonly terngrad: string;
  readonly worker: string;
  readonly metafile: Metafile;
}

/**
 * Tests of the whole run what is built, so a missing or stale build must not pass for a tested one.
 * @throws Error saying what is missing, or which source is newer.
 */
export function freshDist(): Dist {
  if (!existsSync(metafilePath)) throw new Error('dist/ is not built; run `npm run build` (or `make test`)');
  const metafile = JSON.parse(readFileSync(metafilePath, 'utf8')) as Metafile;
  const builtAtMs = statSync(metafilePath).mtimeMs;
  const stale = sourcesOf(metafile).find((source) => changedSince(join(root, source), builtAtMs));
  if (stale !== undefined) {
    throw new Error(`dist/ is older than ${stale}; run \`npm run build\` (or \`make test\`)`);
  }
  return { terngrad: join(root, 'dist/terngrad.js'), worker: join(root, 'dist/worker.js'), metafile };
}

function sourcesOf({ inputs }: Metafile): readonly string[] {
  // `namespace:name` is what the build itself makes up.
  const modules = Object.keys(inputs).filter((input) => !/node_modules\/|^[\w-]+:/.test(input));
  const kernels = readdirSync(join(root, kernelSources))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${kernelSources}/${name}`);
  return [...modules, ...kernels, ...otherSources];
}

/** A source that is gone has changed too. */
function changedSince(path: string, timeMs: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined || found.mtimeMs > timeMs;
}
