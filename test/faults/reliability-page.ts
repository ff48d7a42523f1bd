import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const page = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));
const prettier = fileURLToPath(new URL('../../node_modules/prettier/bin/prettier.cjs', import.meta.url));

/** Writes a suite's part of `docs/reliability.md`, between its two marks. The rest of that page is others'. */
export function writeSection(name: string, section: string): void {
  writeFileSync(page, withSection(readFileSync(page, 'utf8'), name, section));
  execFileSync(process.execPath, [prettier, '--write', page]);
}

function withSection(text: string, name: string, section: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < 0) {
    throw new Error(
      `docs/reliability.md has no place for the matrix; write the lines ${begin} and ${end} into it`,
    );
  }
  return `${text.slice(0, from)}${begin}\n\n${section}\n${text.slice(to)}`;
}
