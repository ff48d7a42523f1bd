import { bytesText } from '../../operator/plan/figures.ts';
import type { GradientBytes } from '../../operator/plan/progress.ts';
import { ratioText, sumOf } from '../bytes-ratio.ts';
import { textTable } from '../text-table.ts';
import type { ExplainedChunk, ExplainedPayload, Explanation } from './explanation.ts';

/** An explanation for humans. */
export function explainText(explanation: Explanation, codec: string): string {
  const { job, workers, floatEpochs, parameters, tensors, chunks } = explanation;
  const blocks = [
    `${job}: ${workers === 1 ? '1 worker' : `${workers} workers`}, ${parameters} parameters in ${tensors.length} tensors, gradients as ${codec}`,
    textTable(
      ['tensor', 'shape', 'values', 'sent as'],
      tensors.map(({ name, shape, values, exempt, sentAs }) => [
        name,
        shape.length === 0 ? 'scalar' : shape.join('x'),
        String(values),
        exempt ? `${sentAs} (exempt)` : sentAs,
      ]),
      ['left', 'left', 'right', 'left'],
    ),
    textTable(
      ['chunk', 'from value', 'values', 'summed by', 'push', 'pull'],
      chunks.map((chunk) => chunkRow(chunk)),
      ['right', 'right', 'right', 'left', 'left', 'left'],
    ),
    ...bytesBlock(explanation),
    ...bitsBlock(explanation),
    ...entropyBlock(explanation),
    ...(floatEpochs > 0 ? [`Epoch ${floatEpochs} and its multiples are sent as float32 instead.`] : []),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function chunkRow({ index, offset, values, owner, push, pull }: ExplainedChunk): readonly string[] {
  return [
    String(index),
    String(offset),
    String(values),
    `rank ${owner}`,
    payloadText(push),
    payloadText(pull),
  ];
}

function payloadText({ format, bytes }: ExplainedPayload): string {
  const most = format.startsWith('entropy') ? 'at most ' : '';
  return `${format}, ${most}${bytesText(bytes)}`;
}

function bitsBlock({ workers, ternaryBits }: Explanation): readonly string[] {
  if (ternaryBits === null || workers === 1) return [];
  const { push, pull, leastPull } = ternaryBits;
  const taken = `A ternary value takes ${push.toFixed(2)} bits to push, and ${pull.toFixed(2)} to pull`;
  if (leastPull === null) return [`${taken}: with local scalers the mean comes back as a float.`];
  return [
    `${taken}: the sum of ${workers} workers is one of ${2 * workers + 1} numbers, for which log2 gives ${leastPull.toFixed(2)}.`,
  ];
}

function entropyBlock({ gaussianBits }: Explanation): readonly string[] {
  if (gaussianBits === null) return [];
  const [push, pull] = [gaussianBits.push.toFixed(2), gaussianBits.pull.toFixed(2)];
  return [
    `Entropy coded payloads are as short as the values allow: Gaussian gradients would take ${push} bits a value to push, ` +
      `${pull} to pull. \`terngrad run\` counts what is sent.`,
  ];
}

function bytesBlock({ workers, bytesPerStep: { push, pull } }: Explanation): readonly string[] {
  if (workers === 1) return ['One worker has nobody to send to; try --workers 2.'];
  return [
    textTable(
      ['per step, all workers', 'as float32', 'sent', 'vs float32', 'vs float16'],
      [bytesRow('push', push), bytesRow('pull', pull), bytesRow('together', sumOf({ push, pull }))],
      ['left', 'right', 'right', 'right', 'right'],
    ),
    "Sent: payloads with frame headers; gRPC's 5 bytes per message and the barrier come on top.",
  ];
}

function bytesRow(label: string, bytes: GradientBytes): readonly string[] {
  return [label, bytesText(bytes.raw), bytesText(bytes.wire), ratioText(bytes, 1), ratioText(bytes, 2)];
}
