import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { hostFile, LayerError, textFile, type LayerEntry } from './layer-entry.ts';

/** Where the project's own files lie in the images. */
export const HOME = 'opt/terngrad';

/** What esbuild writes of a build (its documentation, "Metafile"), as far as it is read here. */
interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly imports: readonly Import[] } | undefined>>;
}
interface Import {
  readonly path: string;
  readonly kind: string;
  readonly external?: boolean;
}

/**
 * Programs of dist/ with the chunks that they load and the files that they open beside them, compiled code among them; source maps stay behind.
 * @param root the checkout
 * @param programs file names in dist/
 * @param packages names of packages that the image has; a program that imports another one could not start.
 * @throws {LayerError} when dist/ lacks a program, or a program needs a package that the image lacks.
 */
export async function programFiles(
  root: string,
  programs: readonly string[],
  packages: RegExp,
): Promise<readonly LayerEntry[]> {
  const { outputs } = JSON.parse(await readFile(join(root, 'dist/metafile.json'), 'utf8')) as Metafile;
  const needed = new Set(programs.map((program) => `dist/${program}`));
  for (const path of needed) {
    const output = outputs[path];
    if (output === undefined) throw new LayerError(`the build has no ${path}; run \`npm run build\` first`);
    for (const { path: imported, kind, external } of output.imports) {
      if (external !== true) needed.add(imported);
      // A `require` of what may be missing is how packages ask for optional parts, and for files; an `import` has to succeed.
      else if (!kind.startsWith('require-') && !isBuiltin(imported) && !packages.test(imported)) {
        throw new LayerError(
          `${path} imports '${imported}', which its image has not; bundle it in scripts/build.ts`,
        );
      }
    }
  }
  const assets = readdirSync(join(root, 'dist')).filter(
    (name) => /\.(wasm|proto)$/.test(name) || isCompiledCodeOf(needed, name),
  );
  const { name, version, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  return [
    ...[...needed, ...assets.map((asset) => `dist/${asset}`)].map((path) =>
      hostFile(`${HOME}/${path.slice('dist/'.length)}`, join(root, path)),
    ),
    textFile(
      `${HOME}/package.json`,
      JSON.stringify({ name, version, license, private: true, type: 'module' }),
    ),
    hostFile(`${HOME}/LICENSE`, join(root, 'LICENSE')),
  ];
}

/** What V8 compiled of a bundle lies beside it, under a name of its own for each Node.js. */
function isCompiledCodeOf(bundles: ReadonlySet<string>, name: string): boolean {
  return name.endsWith('.code') && [...bundles].some((bundle) => `dist/${name}`.startsWith(`${bundle}.`));
}
