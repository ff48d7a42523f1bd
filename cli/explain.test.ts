import { describe, expect, jest, test } from '@jest/globals';
import { cli, jobText, specOfSmallJob, withFiles } from './testing/cli-fixture.ts';

// The first test loads TensorFlow.js.
jest.setTimeout(120_000);

function explain(args: readonly string[], spec: readonly string[] = specOfSmallJob) {
  return withFiles({ 'job.yaml': jobText(spec) }, (folder) =>
    cli(['explain', '-f', `${folder}/job.yaml`, ...args]),
  );
}

describe('terngrad explain', () => {
  test('lists tensors, chunks with their owners, and bytes', async () => {
    const { exitCode, out, err } = await explain([]);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toBe(
      [
        'small: 2 workers, 7850 parameters in 2 tensors, gradients as ternary (base3, shared scaler per tensor)',
        '',
        'tensor         shape   values  sent as',
        'logits/kernel  784x10    7840  base3',
        'logits/bias    10          10  float32 (exempt)',
        '',
        'chunk  from value  values  summed by  push            pull',
        '    0           0    7840  rank 0     base3, 1.57 kB  sums, 2.62 kB',
        '    1        7840      10  rank 1     float32, 40 B   float32, 40 B',
        '',
        'per step, all workers  as float32     sent  vs float32  vs float16',
        'push                      31.4 kB  1.70 kB      18.51x       9.26x',
        'pull                      31.4 kB  2.75 kB      11.41x       5.70x',
        'together                  62.8 kB  4.45 kB      14.12x       7.06x',
        '',
        "Sent: payloads with frame headers; gRPC's 5 bytes per message and the barrier come on top.",
        '',
        'A ternary value takes 1.60 bits to push, and 2.67 to pull: the sum of 2 workers is one of 5 numbers, for which log2 gives 2.32.',
        '',
      ].join('\n'),
    );
  });

  test('says what entropy coding takes at most, and about', async () => {
    const { out } = await explain([], [...specOfSmallJob, 'compression: {packing: entropy}']);
    expect(out).toContain('entropy, at most 1.57 kB  entropy-sums, at most 2.62 kB\n');
    expect(out).toContain('Gaussian gradients would take 1.22 bits a value to push, 1.72 to pull.');
  });

  test('prints one JSON object, with the overrides of the command line', async () => {
    const { out } = await explain(['--output', 'json', '--workers', '4', '--codec', 'float32']);
    expect(JSON.parse(out)).toMatchObject({
      workers: 4,
      codec: 'float32',
      bytesPerStep: { push: { raw: 94_200 } },
    });
  });

  test('says when there is nobody to send to', async () => {
    expect((await explain(['--workers', '1'])).out).toContain(
      'One worker has nobody to send to; try --workers 2.\n',
    );
  });

  test('says which epochs are sent as float32', async () => {
    const { out } = await explain([], [...specOfSmallJob, 'compression: {floatEpochs: 3}']);
    expect(out).toContain('Epoch 3 and its multiples are sent as float32 instead.\n');
  });

  test('a program that is not there is a user error', async () => {
    const { exitCode, out, err } = await explain([], ['program: {path: mine.mjs}', 'training: {steps: 1}']);
    expect(exitCode).toBe(64);
    expect(out).toBe('');
    expect(err).toContain('mine.mjs');
    expect(err).not.toMatch(/^ +at /m);
  });

  test('an exempt tensor that the model does not have is a user error', async () => {
    const { exitCode, err } = await explain(
      [],
      [...specOfSmallJob, 'compression: {exempt: {tensors: [ghost]}}'],
    );
    expect(exitCode).toBe(64);
    expect(err).toContain('the model has no tensor "ghost"; it has logits/kernel, logits/bias');
  });
});
