import { describe, expect, test } from '@jest/globals';
import { freshDist } from './local-run/dist.ts';

const { outputs, inputs } = freshDist().metafile;

/** What is part of a program, and when it is loaded. */
interface Bundle {
  /** Modules whose source is in the files, as paths from the checkout's root. */
  readonly modules: ReadonlySet<string>;
  /** Packages that are loaded from `node_modules`. */
  readonly packages: ReadonlySet<string>;
}

/**
 * A program of dist/ with the chunks that it shares with others.
 * @param when `atStart`: what is loaded with it; `ever`: also what it may load later.
 */
function bundle(file: string, when: 'atStart' | 'ever'): Bundle {
  const modules = new Set<string>();
  const packages = new Set<string>();
  const open = [`dist/${file}`];
  for (const path of open) {
    const output = outputs[path];
    if (output === undefined)
      throw new Error(`the build has no ${path}; it has ${Object.keys(outputs).join(', ')}`);
    for (const module of Object.keys(output.inputs)) modules.add(module);
    for (const imported of output.imports) {
      if (when === 'atStart' && imported.kind === 'dynamic-import') continue;
      // A file that is opened by name is not loaded.
      if (imported.kind === 'require-resolve') continue;
      if (imported.external === true) packages.add(imported.path);
      else if (!open.includes(imported.path)) open.push(imported.path);
    }
  }
  return { modules, packages };
}

function matching({ modules, packages }: Bundle, pattern: RegExp): readonly string[] {
  return [...modules, ...packages].filter((path) => pattern.test(path));
}

/** A module with all that runs before it: what is imported on demand does not. */
function modulesAtStart(entry: string): ReadonlySet<string> {
  const found = new Set([entry]);
  for (const module of found) {
    for (const { path, kind } of inputs[module]?.imports ?? [])
      if (kind !== 'dynamic-import') found.add(path);
  }
  return found;
}

const programs = ['terngrad.js', 'worker.js', 'compute.js', 'operator.js'];
const tensorFlow = /@tensorflow\//;

describe('the bundles', () => {
  test.each(['worker.js', 'compute.js'])('%s has nothing of the Kubernetes client', (program) => {
    expect(matching(bundle(program, 'ever'), /@kubernetes\//)).toEqual([]);
  });

  test('worker.js, the I/O thread, never loads TensorFlow.js', () => {
    expect(matching(bundle('worker.js', 'ever'), tensorFlow)).toEqual([]);
  });

  test('operator.js computes nothing: no TensorFlow.js, no compute thread, no kernels', () => {
    // The one exception gives names to environment variables.
    const trainer = /^trainer\/(?!wire\/|compute\/native-environment\.ts)/;
    expect(matching(bundle('operator.js', 'ever'), tensorFlow)).toEqual([]);
    expect(matching(bundle('operator.js', 'ever'), trainer)).toEqual([]);
  });

  test('operator.js has of the Kubernetes client what reads a kubeconfig, and none of its typed calls', () => {
    expect(
      matching(bundle('operator.js', 'ever'), /@kubernetes\/client-node\/dist\/config\.js$/),
    ).toHaveLength(1);
    expect(matching(bundle('operator.js', 'ever'), /@kubernetes\/client-node\/dist\/gen\/apis\//)).toEqual(
      [],
    );
  });

  test('terngrad.js loads TensorFlow.js only when it comes to explain a job or to predict its speed', () => {
    expect(matching(bundle('terngrad.js', 'atStart'), tensorFlow)).toEqual([]);
    expect(matching(bundle('terngrad.js', 'ever'), /@tensorflow\/tfjs-core\//)).not.toEqual([]);
  });

  test('terngrad.js loads the Kubernetes client only when it comes to look at a cluster', () => {
    expect(matching(bundle('terngrad.js', 'atStart'), /@kubernetes\//)).toEqual([]);
    expect(
      matching(bundle('terngrad.js', 'ever'), /@kubernetes\/client-node\/dist\/config\.js$/),
    ).toHaveLength(1);
  });

  test('compute.js has all backends in one file, and runs one only when it is chosen', () => {
    const backends = /@tensorflow\/(?:tfjs-backend-(?:cpu|wasm)|tfjs-node-gpu)(?=\/)/;
    expect(
      [...modulesAtStart('trainer/step/compute-steps.ts')].filter((path) => backends.test(path)),
    ).toEqual([]);
    const loaded = matching(bundle('compute.js', 'ever'), backends).map((path) => backends.exec(path)?.[0]);
    expect(new Set(loaded).size).toBe(3);
  });

  test('there is one copy of TensorFlow.js, which backends and programs share', () => {
    const withCore = Object.entries(outputs).filter(([, output]) =>
      Object.keys(output.inputs).some((path) => path.includes('@tensorflow/tfjs-core/')),
    );
    // terngrad.js, which runs in other processes, has its own.
    expect(withCore.map(([path]) => path.replace(/chunk-\w+/, 'chunk')).toSorted()).toEqual([
      'dist/chunk.js',
      'dist/compute-steps.cjs',
    ]);
    // Its packages have several builds of the same: a second one would be a second copy.
    const builds = Object.keys(inputs).filter((path) => /@tensorflow\/tfjs-(?:core|layers)\//.test(path));
    expect(builds.toSorted()).toEqual([
      'node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js',
      'node_modules/@tensorflow/tfjs-layers/dist/tf-layers.node.js',
    ]);
    expect(matching(bundle('compute.js', 'ever'), /^@tensorflow\//)).toEqual([]);
  });

  test.each(programs)('%s has no test code inside', (program) => {
    expect(matching(bundle(program, 'ever'), /\.test\.ts$|\/testing\//)).toEqual([]);
  });
});

test('crds/ is imported by all rooms and imports none of them', () => {
  const imports = Object.entries(inputs)
    .filter(([path]) => path.startsWith('crds/'))
    .flatMap(([path, input]) => input.imports.map((imported) => `${path} imports ${imported.path}`));
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.filter((line) => / imports (operator|trainer|cli)\//.test(line))).toEqual([]);
});
