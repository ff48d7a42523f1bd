import { join } from 'node:path';
import { debianBase } from './debian-base.ts';
import { writeImage, type WrittenImage } from './image-archive.ts';
import { containerDefaults, type ImageDefinition, type Sources } from './image-definitions.ts';
import { packLayer, type LayerBlob } from './layer-blob.ts';
import { LayerError } from './layer-entry.ts';
import { nodeRuntime } from './node-runtime.ts';

/** An image to write, under its full name. */
export interface Target {
  readonly name: string;
  readonly image: ImageDefinition;
  readonly version: string;
  readonly reference: string;
  /** The tar. */
  readonly file: string;
}

/**
 * Builds an image without a container engine: our own layers over Debian's C libraries and Node.js's own binary. The
 * same inputs give the same bytes, so an image's digest says whether anything in it has changed.
 */
export async function buildByOurselves(target: Target, from: Sources): Promise<WrittenImage> {
  const { image, name, version } = target;
  const sources = [
    () => debianBase(from.cache),
    () => nodeRuntime(from.cache),
    ...Object.values(image.layers).map((layer) => () => layer(from)),
  ];
  const layers: LayerBlob[] = [];
  for (const entries of sources) layers.push(await packLayer(await entries(), from.cache));
  const compressedMegabytes = layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1e6;
  if (image.maximumMegabytes !== undefined && compressedMegabytes > image.maximumMegabytes) {
    throw new LayerError(
      `the ${name} image has ${compressedMegabytes.toFixed(1)} MB, more than the ${image.maximumMegabytes} that it may have; ` +
        'look at dist/metafile.json for what has grown',
    );
  }
  return writeImage(target.file, target.reference, layers, containerDefaults(name, image, version));
}

/** Where packed layers and fetched files stay, outside of any checkout. */
export function imageCache(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_CACHE_HOME'] ?? join(env['HOME'] ?? '/tmp', '.cache'), 'terngrad/images');
}
