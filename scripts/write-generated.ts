import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);

/**
 * Writes files given by path from the root of the repository; with `--check` on the command line it only says which
 * are stale, and makes the process exit with 1 if any is.
 */
export async function writeGenerated(files: ReadonlyMap<string, string>): Promise<void> {
  const checkOnly = process.argv.includes('--check');
  for (const [path, text] of files) {
    const file = fileURLToPath(new URL(path, root));
    const current = await readFile(file, 'utf8').catch(() => undefined);
    if (current === text) continue;
    if (checkOnly) {
      process.stderr.write(`${path} is not current; run 'npm run generate'\n`);
      process.exitCode = 1;
    } else {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      process.stdout.write(`wrote ${path}\n`);
    }
  }
}
