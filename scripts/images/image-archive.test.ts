import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeImage } from './image-archive.ts';
import { containerDefaults, IMAGES, type ImageDefinition } from './image-definitions.ts';
import { packLayer } from './layer-blob.ts';
import { textFile } from './layer-entry.ts';

const REFERENCE = 'docker.io/terngrad/operator:0.1.0';
const definition = IMAGES['operator'] as ImageDefinition;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function build(name: string, cache: string) {
  const layers = [
    await packLayer([textFile('etc/base', 'base')], join(folder, cache)),
    await packLayer([textFile('opt/terngrad/operator.js', 'console.log(1)')], join(folder, cache)),
  ];
  return writeImage(
    join(folder, name),
    REFERENCE,
    layers,
    containerDefaults('operator', definition, '0.1.0'),
  );
}

function member(file: string, name: string): Buffer {
  return execFileSync('tar', ['-xOf', file, name]);
}

function blob(file: string, digest: string): Buffer {
  const bytes = member(file, `blobs/sha256/${digest.replace('sha256:', '')}`);
  expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digest);
  return bytes;
}

const json = (bytes: Buffer) => JSON.parse(bytes.toString('utf8'));

test('from index to layers every blob is there, of the length and the hash that name it', async () => {
  const { file, digest } = await build('walk.tar', 'cache');
  expect(json(member(file, 'oci-layout'))).toEqual({ imageLayoutVersion: '1.0.0' });
  const [found] = json(member(file, 'index.json')).manifests;
  expect(found.digest).toBe(digest);
  expect(found.annotations['io.containerd.image.name']).toBe(REFERENCE);

  const manifest = json(blob(file, found.digest));
  const config = json(blob(file, manifest.config.digest));
  expect(manifest.layers).toHaveLength(2);
  for (const [index, layer] of manifest.layers.entries()) {
    const packed = blob(file, layer.digest);
    expect(packed).toHaveLength(layer.size);
    const diffId = createHash('sha256').update(gunzipSync(packed)).digest('hex');
    expect(config.rootfs.diff_ids[index]).toBe(`sha256:${diffId}`);
  }
});

test("Docker's older manifest names the same blobs", async () => {
  const { file, digest } = await build('docker.tar', 'cache');
  const [docker] = json(member(file, 'manifest.json'));
  const manifest = json(blob(file, digest));
  const path = (of: { digest: string }) => of.digest.replace('sha256:', 'blobs/sha256/');
  expect(docker).toEqual({
    Config: path(manifest.config),
    RepoTags: [REFERENCE],
    Layers: manifest.layers.map(path),
  });
});

test('two builds apart give the same bytes', async () => {
  const one = await build('one.tar', 'cache-one');
  const two = await build('two.tar', 'cache-two');
  expect(two.digest).toBe(one.digest);
  expect(execFileSync('cmp', [one.file, two.file], { encoding: 'utf8' })).toBe('');
});

test('a process starts as a numeric user that is not root, with its program as entry point', async () => {
  const { file, digest } = await build('config.tar', 'cache');
  const { config, created } = json(blob(file, json(blob(file, digest)).config.digest));
  expect(config.User).toBe('65532:65532');
  expect([config.Entrypoint.at(0), config.Entrypoint.at(-1)]).toEqual(['node', '/opt/terngrad/operator.js']);
  expect(config.Env).toContain('NVIDIA_VISIBLE_DEVICES=void');
  expect(created).toBe('1970-01-01T00:00:00Z');
});

test('a layer is packed once; the cache holds it by the hash of its content', async () => {
  const cache = join(folder, 'cache-layers');
  const first = await packLayer([textFile('a', 'content')], cache);
  const { ino } = statSync(first.file);
  expect(await packLayer([textFile('a', 'content')], cache)).toEqual(first);
  expect(statSync(first.file).ino).toBe(ino);
  await packLayer([textFile('a', 'other')], cache);
  expect(readdirSync(join(cache, 'layers')).filter((name) => name.endsWith('.gz'))).toHaveLength(2);
});
