import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { LayerBlob } from './layer-blob.ts';
import { type LayerEntry } from './layer-entry.ts';
import { tarBytes } from './tar.ts';

/** What a container of the image starts with; the fields are those of the OCI image configuration. */
export interface ContainerDefaults {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly WorkingDir: string;
  readonly StopSignal: string;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface WrittenImage {
  readonly file: string;
  /** Of the manifest, `sha256:...`: the same in a registry after a push that copies the image as it is. */
  readonly digest: string;
  readonly compressedBytes: number;
}

const MEDIA = 'application/vnd.oci.image';

/**
 * Writes an image as one tar that containerd, Podman, Skopeo (as `oci-archive:`) and Docker read: the OCI image layout
 * (github.com/opencontainers/image-spec, image-layout.md), with Docker's older `manifest.json` beside it.
 * @param reference the full name, e.g. `docker.io/terngrad/operator:0.1.0`.
 */
export async function writeImage(
  file: string,
  reference: string,
  layers: readonly LayerBlob[],
  config: ContainerDefaults,
): Promise<WrittenImage> {
  const configuration = jsonBlob({
    architecture: 'amd64',
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => `sha256:${diffId}`) },
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config: descriptor('config.v1+json', configuration),
    layers: layers.map((layer) => descriptor('layer.v1.tar+gzip', layer)),
  });
  const index = {
    schemaVersion: 2,
    mediaType: `${MEDIA}.index.v1+json`,
    manifests: [
      {
        ...descriptor('manifest.v1+json', manifest),
        platform: { architecture: 'amd64', os: 'linux' },
        annotations: {
          'io.containerd.image.name': reference,
          'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1),
        },
      },
    ],
  };
  const docker = [
    {
      Config: blobPath(configuration),
      RepoTags: [reference],
      Layers: layers.map((layer) => blobPath(layer)),
    },
  ];
  await writeTar(file, [
    memoryFile('oci-layout', { imageLayoutVersion: '1.0.0' }),
    memoryFile('index.json', index),
    memoryFile('manifest.json', docker),
    ...[configuration, manifest].map((blob) => bytesFile(blobPath(blob), blob.bytes)),
    ...layers.map((layer): LayerEntry => ({
      kind: 'file',
      path: blobPath(layer),
      executable: false,
      content: layer,
    })),
  ]);
  return {
    file,
    digest: `sha256:${manifest.digest}`,
    compressedBytes: layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, configuration.sizeBytes),
  };
}

interface Blob {
  readonly digest: string;
  readonly sizeBytes: number;
}

function jsonBlob(value: unknown): Blob & { readonly bytes: Uint8Array } {
  const bytes = Buffer.from(JSON.stringify(value));
  return { bytes, digest: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
}

function descriptor(type: string, blob: Blob) {
  return { mediaType: `${MEDIA}.${type}`, digest: `sha256:${blob.digest}`, size: blob.sizeBytes };
}

function blobPath({ digest }: Blob): string {
  return `blobs/sha256/${digest}`;
}

function bytesFile(path: string, content: Uint8Array): LayerEntry {
  return { kind: 'file', path, executable: false, content };
}

function memoryFile(path: string, value: unknown): LayerEntry {
  return bytesFile(path, Buffer.from(JSON.stringify(value)));
}

/** Written aside and then exchanged: whoever imports the image meanwhile reads the old one or the new one, whole. */
async function writeTar(file: string, entries: readonly LayerEntry[]): Promise<void> {
  const aside = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await pipeline(tarBytes(entries), createWriteStream(aside));
    await rename(aside, file);
  } finally {
    await rm(aside, { force: true });
  }
}
