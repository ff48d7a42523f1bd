import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './generated-files.ts';

const root = new URL('../', import.meta.url);

/** `npm run generate` writes the files; with `-- --check` it only says which are stale, and exits 1 if any is. */
async function main(): Promise<void> {
  const checkOnly = process.argv.includes('--check');
  for (const [path, text] of generatedFiles()) {
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

await main();
