import { copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { assets, commonJsBanner } from '../scripts/bundles.ts';

/**
 * Bundles the measured worker as a real one is: with the compiler of TypeScript on its heap, each of its garbage collections
 * would take several times as long. Returns the program to run.
 */
export async function bundleWorker(folder: string): Promise<string> {
  await build({
    entryPoints: ['bench/exchange-worker.ts', 'bench/exchange-compute.ts'],
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    splitting: true,
    outExtension: { '.js': '.mjs' },
    banner: { js: commonJsBanner },
    logLevel: 'warning',
  });
  await Promise.all(assets.map((asset) => copyFile(asset, join(folder, basename(asset)))));
  return join(folder, 'exchange-worker.mjs');
}
