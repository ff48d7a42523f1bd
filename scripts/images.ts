import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findContainerEngine } from './images/container-engine.ts';
import { IMAGES, type ImageDefinition } from './images/image-definitions.ts';
import { buildByOurselves, imageCache } from './images/own-builder.ts';
import { stageLayers } from './images/stage-layers.ts';

/**
 * Builds container images: `images.ts [--stage DIRECTORY] NAME...`, see docs/images.md.
 * By a container engine where one runs and reaches the public base images, else by ourselves.
 */
const root = fileURLToPath(new URL('..', import.meta.url)).slice(0, -1);
const from = { root, cache: imageCache(process.env) };
const { values, positionals } = parseArgs({
  options: { stage: { type: 'string' }, own: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const images = positionals.map((name) => [name, definition(name)] as const);

if (values.stage === undefined) await buildAll();
else for (const [name, image] of images) await stageLayers(image, from, join(values.stage, name));

async function buildAll(): Promise<void> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const engine = values.own ? { reasons: [] } : await findContainerEngine(root);
  if ('reasons' in engine) {
    for (const reason of engine.reasons) say(`not used: ${reason}`);
    say('building without a container engine');
  } else {
    say(`building with ${engine.name}`);
  }
  for (const [name, image] of images) {
    const started = performance.now();
    const file = join(root, 'dist/images', `${name}.tar`);
    const target = { name, image, version, reference: `docker.io/terngrad/${name}:${version}`, file };
    let about = '';
    if ('reasons' in engine) {
      const { compressedBytes, digest } = await buildByOurselves(target, from);
      about = ` ${(compressedBytes / 1e6).toFixed(1)} MB compressed, ${digest},`;
    } else {
      await engine.build(target, root);
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    say(`dist/images/${name}.tar: ${target.reference},${about} ${seconds} s`);
  }
}

function definition(name: string): ImageDefinition {
  const image = IMAGES[name];
  if (image !== undefined) return image;
  throw new Error(`there is no image '${name}'; there are ${Object.keys(IMAGES).join(', ')}`);
}

function say(line: string): void {
  process.stderr.write(`images: ${line}\n`);
}
