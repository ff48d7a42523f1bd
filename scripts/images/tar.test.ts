import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hostFile, LayerError, textFile, type LayerEntry } from './layer-entry.ts';
import { tarBytes, tarHeader } from './tar.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tar-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function tar(entries: readonly LayerEntry[]): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const bytes of tarBytes(entries)) parts.push(bytes);
  return Buffer.concat(parts);
}

/** What GNU tar makes of an archive. */
function listed(archive: Buffer): readonly string[] {
  const args = ['--list', '--verbose', '--verbose', '--numeric-owner', '--utc', '--full-time'];
  const text = execFileSync('tar', [...args, '--file', '-'], { input: archive, encoding: 'utf8' });
  return text
    .trim()
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' '));
}

test('a header, byte by byte', () => {
  const header = Buffer.alloc(512);
  const fields: readonly [number, string][] = [
    [0, 'opt/a'],
    [100, '0000644\0'],
    [108, '0000000\0'],
    [116, '0000000\0'],
    [124, '00000000013\0'], // 11 bytes
    [136, '00000000000\0'],
    // 'opt/a' 483, '0000644' 350, twice '0000000' 672, size 532, time 528, spaces 256, type 48, 'ustar' 559, '00' 96
    [148, '006704\0 '], // 3524 in octal
    [156, '0'],
    [257, 'ustar\x0000'],
  ];
  for (const [offset, text] of fields) header.write(text, offset);
  expect(Buffer.from(tarHeader(textFile('opt/a', 'hello world')))).toEqual(header);
});

test('GNU tar reads files, links and folders; all are of root, of no time, and never set-user-ID', async () => {
  const file = join(folder, 'program');
  writeFileSync(file, 'x'.repeat(513));
  chmodSync(file, 0o4755);
  const archive = await tar([
    hostFile('bin/program', file),
    { kind: 'link', path: 'lib', target: 'usr/lib' },
    { kind: 'directory', path: 'tmp', writableByAll: true },
    textFile('etc/text', 'ä'),
  ]);
  expect(listed(archive)).toEqual([
    'drwxr-xr-x 0/0 0 1970-01-01 00:00:00 bin/',
    '-rwxr-xr-x 0/0 513 1970-01-01 00:00:00 bin/program',
    'drwxr-xr-x 0/0 0 1970-01-01 00:00:00 etc/',
    '-rw-r--r-- 0/0 2 1970-01-01 00:00:00 etc/text',
    'lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 lib -> usr/lib',
    'drwxrwxrwt 0/0 0 1970-01-01 00:00:00 tmp/',
  ]);
  expect(archive.length % 512).toBe(0);
  expect(execFileSync('tar', ['-xOf', '-', 'bin/program'], { input: archive, encoding: 'utf8' })).toBe(
    'x'.repeat(513),
  );
});

test('the same entries in another order, with another time on disk, give the same bytes', async () => {
  const file = join(folder, 'dated');
  writeFileSync(file, 'content');
  const entries = [hostFile('b', file), textFile('a/c', 'text')];
  const before = await tar(entries);
  utimesSync(file, 1, 1);
  expect(await tar(entries.toReversed())).toEqual(before);
});

describe('long paths', () => {
  const long = `${'d'.repeat(90)}/${'e'.repeat(60)}/${'f'.repeat(90)}`;

  test('are split at a slash', async () => {
    expect(listed(await tar([textFile(long, '')])).at(-1)).toContain(` ${long}`);
  });

  test.each(['n'.repeat(101), `${'d'.repeat(156)}/n`])('%s does not fit and is refused', (path) => {
    expect(() => tarHeader(textFile(path, ''))).toThrow(LayerError);
  });

  test('of a link are refused', () => {
    expect(() => tarHeader({ kind: 'link', path: 'l', target: 't'.repeat(101) })).toThrow(
      /more than 100 bytes/,
    );
  });
});

test('a file that has changed since it was listed is refused, not packed with a wrong length', async () => {
  const file = join(folder, 'changing');
  writeFileSync(file, 'short');
  const entry = hostFile('file', file);
  writeFileSync(file, 'longer than before');
  await expect(tar([entry])).rejects.toThrow(/had 5 bytes and has 18 now/);
});
