import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { elastic, job } from '../../plan/testing/builders.ts';
import { ScaleRefusedError } from '../job-size.ts';
import type { ControlSocket } from './control-socket.ts';
import { openControlSocket } from './control-socket.ts';
import { findRuns } from './find-runs.ts';
import { CONTROL_SOCKET, MAX_LINE_BYTES } from './messages.ts';
import { isAnswering, requestScale } from './request-scale.ts';

let parent: string;
let folder: string;
let control: ControlSocket | undefined;
let asked: number[];

beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), 'control-test-'));
  folder = runFolder('terngrad-one', 'small');
  asked = [];
  control = await openControlSocket(join(folder, CONTROL_SOCKET), (replicas) => {
    asked.push(replicas);
    if (replicas > 4) throw new ScaleRefusedError('too many');
    if (replicas === 4) throw new Error('a defect');
    return Promise.resolve({ before: 2, now: replicas });
  });
});

afterEach(async () => {
  await control?.close();
  rmSync(parent, { recursive: true });
});

function runFolder(folderName: string, jobName: string, one = elastic(job(2), 1, 4)): string {
  const path = join(parent, folderName);
  mkdirSync(path, { mode: 0o700 });
  const named = { ...one, metadata: { ...one.metadata, name: jobName } };
  writeFileSync(join(path, 'job.json'), JSON.stringify(named));
  return path;
}

/** What comes back for these bytes, until the connection ends. */
function say(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = createConnection(join(folder, CONTROL_SOCKET), () => socket.write(bytes));
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => (text += part));
    socket.once('close', () => resolve(text));
    socket.once('error', reject);
  });
}

describe('the control socket of a run', () => {
  test('is for its user alone, and passes the wanted size on', async () => {
    expect(statSync(join(folder, CONTROL_SOCKET)).mode & 0o777).toBe(0o600);
    expect(await requestScale(folder, 3)).toEqual({ before: 2, now: 3 });
    expect(asked).toEqual([3]);
  });

  test('passes a refusal back in the words of the run', async () => {
    await expect(requestScale(folder, 5)).rejects.toThrow(new ScaleRefusedError('too many'));
  });

  test.each([
    ['no JSON', 'scale!\n'],
    ['another object', '{"workers": 3}\n'],
    ['a size that is none', '{"replicas": "3"}\n'],
    ['more than is asked for', '{"replicas": 3, "job": "other"}\n'],
    ['a line without an end', 'x'.repeat(MAX_LINE_BYTES + 1)],
    ['what makes the run itself stumble', '{"replicas": 4}\n'],
  ])('takes %s for no request, and goes on', async (_, bytes) => {
    expect(JSON.parse(await say(bytes))).toEqual({
      kind: 'refused',
      message: 'not a request of terngrad scale',
    });
    expect(await requestScale(folder, 2)).toEqual({ before: 2, now: 2 });
  });

  test('is not disturbed by who hangs up, nor held up by who says nothing', async () => {
    for (let times = 0; times < 5; times += 1) expect(await isAnswering(folder)).toBe(true);
    const silent = createConnection(join(folder, CONTROL_SOCKET));
    await new Promise((resolve) => silent.once('connect', resolve));
    expect(await requestScale(folder, 3)).toMatchObject({ now: 3 });
    await control?.close();
    control = undefined;
    await new Promise((resolve) => silent.once('close', resolve));
    expect(await isAnswering(folder)).toBe(false);
    expect(existsSync(join(folder, CONTROL_SOCKET))).toBe(false);
  });
});

describe('runs are found', () => {
  test('by their job files, elastic or not', async () => {
    runFolder('terngrad-two', 'other', job(1));
    expect(await findRuns(parent)).toEqual([
      { folder, namespace: 'default', name: 'small', isElastic: true },
      { folder: join(parent, 'terngrad-two'), namespace: 'default', name: 'other', isElastic: false },
    ]);
  });

  test('only where nobody else may write: no open folder, no link, no other file', async () => {
    chmodSync(runFolder('terngrad-open', 'open'), 0o755);
    symlinkSync(folder, join(parent, 'terngrad-link'));
    runFolder('else', 'else');
    writeFileSync(join(parent, 'terngrad-file'), '');
    mkdirSync(join(parent, 'terngrad-empty'), { mode: 0o700 });
    writeFileSync(join(runFolder('terngrad-broken', 'broken'), 'job.json'), '{');
    expect((await findRuns(parent)).map(({ name }) => name)).toEqual(['small']);
  });
});
