import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ExitCode } from '../../crds/index.ts';
import { failureOf } from '../failure.ts';
import { computeClientOf, type ComputeClient } from './compute-client.ts';
import { specOf } from './testing/spec.ts';

const started: ComputeClient[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((client) => client.terminate()));
});

/** A compute thread that runs this code in place of ours; `port` is its end of the conversation. */
function threadOf(code: string): { client: ComputeClient; failures: () => number } {
  const source = `import { parentPort as port } from 'node:worker_threads'; port.on('message', () => {}); ${code}`;
  const script = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const client = computeClientOf(new Worker(script));
  client.open({ spec: specOf({ program: { path: 'mine.mjs' } }), rank: 0, baseDirectory: '/' });
  started.push(client);
  let count = 0;
  client.onFailure = () => (count += 1);
  return { client, failures: () => count };
}

const BUDGET_MS = 20_000;

/** What the wait for the first message ends with. */
async function outcomeOf(client: ComputeClient, budgetMs = BUDGET_MS) {
  const error: unknown = await client.next(['ready'], budgetMs).catch((reason: unknown) => reason);
  expect(client.failure).toBe(error);
  return failureOf(error);
}

describe('the end of the compute thread', () => {
  test.each([0, 3])('by process.exit(%i) is the doing of the program', async (code) => {
    const { client, failures } = threadOf(`process.exit(${code});`);
    expect(await outcomeOf(client)).toMatchObject({
      exitCode: ExitCode.programFailed,
      reason: 'ProgramFailed',
      message: expect.stringMatching(
        new RegExp(`"mine.mjs" called process\\.exit\\(${code}\\).*throw an error`),
      ),
    });
    expect(failures()).toBe(1);
  });

  test('by an error that nobody caught is our own defect', async () => {
    const { client } = threadOf(`setTimeout(() => { throw new TypeError('no such slot'); });`);
    expect(await outcomeOf(client)).toMatchObject({
      exitCode: ExitCode.internal,
      message: expect.stringContaining('no such slot'),
    });
  });

  test('with a last word is what that word says', async () => {
    const failure = { exitCode: ExitCode.badData, reason: 'BadData', message: 'cut file', stack: undefined };
    const { client, failures } = threadOf(
      `port.postMessage(${JSON.stringify({ type: 'failed', ...failure })}); setTimeout(() => process.exit(), 50);`,
    );
    expect(await outcomeOf(client)).toMatchObject({ exitCode: ExitCode.badData, message: 'cut file' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(failures()).toBe(1);
  });

  test('by terminate is no failure', async () => {
    const { client, failures } = threadOf('');
    await client.terminate();
    expect([client.failure, failures()]).toEqual([undefined, 0]);
  });
});

test('a thread that says nothing within the budget hangs', async () => {
  const { client } = threadOf('');
  expect(await outcomeOf(client, 50)).toMatchObject({ exitCode: ExitCode.internal, reason: 'ComputeHung' });
});

test('messages arrive in order, and encoded chunks apart from them', async () => {
  const { client } = threadOf(
    `port.on('message', ({ type }) => {
      if (type !== 'agreed') return;
      port.postMessage({ type: 'encoded', chunks: [1, 2] });
      port.postMessage({ type: 'finished', reason: 'completed', weightsHash: 'h' });
    });`,
  );
  const chunks: number[] = [];
  client.onEncoded = (encoded) => chunks.push(...encoded);
  client.send({ type: 'agreed', step: 0, stop: false });
  expect(await client.next(['finished'], BUDGET_MS)).toMatchObject({ weightsHash: 'h' });
  expect(chunks).toEqual([1, 2]);
});
