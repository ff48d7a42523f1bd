import { describe, expect, test } from '@jest/globals';
import { freshDist } from './local-run/dist.ts';

const { outputs, inputs } = freshDist().metafile;

interface Bundle {
  /** Modules whose source is in the bundle, as paths from the checkout's root. */
  readonly modules: readonly string[];
  /** What it loads from `node_modules` when it is started. */
  readonly loadedAtStart: readonly string[];
  /** ... and only when it comes to it. */
  readonly loadedLater: readonly string[];
}

function bundle(file: string): Bundle {
  const output = outputs[`dist/${file}`];
  if (output === undefined)
    throw new Error(`the build has no dist/${file}; it has ${Object.keys(outputs).join(', ')}`);
  const external = output.imports.filter((one) => one.external === true);
  const pathsOf = (later: boolean): string[] =>
    external.filter(({ kind }) => (kind === 'dynamic-import') === later).map(({ path }) => path);
  return {
    modules: Object.keys(output.inputs),
    loadedAtStart: pathsOf(false),
    loadedLater: pathsOf(true),
  };
}

const files = ['terngrad.js', 'worker.js', 'compute.js'];
const isTensorFlow = (path: string): boolean => path.includes('@tensorflow/');
const isKubernetes = (path: string): boolean => path.includes('@kubernetes/');

describe('the bundles', () => {
  test.each(['worker.js', 'compute.js'])('%s has nothing of the Kubernetes client', (file) => {
    const { modules, loadedAtStart, loadedLater } = bundle(file);
    expect([...modules, ...loadedAtStart, ...loadedLater].filter(isKubernetes)).toEqual([]);
  });

  test.each(files)('%s has no copy of TensorFlow.js inside: a backend and a program share one', (file) => {
    expect(bundle(file).modules.filter(isTensorFlow)).toEqual([]);
  });

  test('worker.js, the I/O thread, never loads TensorFlow.js', () => {
    const { loadedAtStart, loadedLater } = bundle('worker.js');
    expect([...loadedAtStart, ...loadedLater].filter(isTensorFlow)).toEqual([]);
  });

  test('compute.js loads native TensorFlow only when it is chosen', () => {
    const { loadedAtStart, loadedLater } = bundle('compute.js');
    expect(loadedAtStart).toContain('@tensorflow/tfjs-core');
    expect(loadedLater).toContain('@tensorflow/tfjs-node-gpu');
    expect(loadedAtStart).not.toContain('@tensorflow/tfjs-node-gpu');
  });

  test('terngrad.js loads TensorFlow.js only for `explain`', () => {
    expect(bundle('terngrad.js').loadedAtStart.filter(isTensorFlow)).toEqual([]);
  });

  test.each(files)('%s has no test code inside', (file) => {
    expect(bundle(file).modules.filter((path) => /\.test\.ts$|\/testing\//.test(path))).toEqual([]);
  });

  test('crds/ has none of our other modules: it is imported by all and imports none of them', () => {
    const imported = Object.entries(inputs)
      .filter(([path]) => path.startsWith('crds/'))
      .flatMap(([path, input]) => input.imports.map((one) => `${path} imports ${one.path}`));
    expect(imported.filter((line) => / imports (operator|trainer|cli)\//.test(line))).toEqual([]);
  });
});
