import { bytesText } from '../../operator/plan/figures.ts';
import { CHECKPOINT_FORMAT } from '../../trainer/checkpoint/facts.ts';
import { textTable } from '../text-table.ts';
import type { InspectedContents, Inspection } from './inspection.ts';

/** One file for humans. */
export function fileText({ file, problem, contents }: Inspection): string {
  const verdict = problem === undefined ? 'complete, all checksums are right' : `cannot be used: ${problem}`;
  const blocks = [printable(`${file}: ${verdict}`)];
  if (contents !== undefined) blocks.push(metadataText(contents), tensorsText(contents));
  return `${blocks.join('\n\n')}\n`;
}

/** The checkpoints of a directory, one line each. */
export function directoryText(inspections: readonly Inspection[]): string {
  const table = textTable(
    ['file', 'step', 'job', 'size', 'state'],
    inspections.map(({ file, problem, contents }) => {
      const { step = '', jobNamespace = '', jobName = '' } = contents?.metadata ?? {};
      return [
        file,
        step,
        contents === undefined ? '' : `${jobNamespace}/${jobName}`,
        contents === undefined ? '' : bytesText(contents.headerBytes + contents.dataBytes),
        problem ?? 'complete',
      ].map(printable);
    }),
    ['left', 'right', 'left', 'right', 'left'],
  );
  return `${table}\n`;
}

function metadataText({ format, metadata }: InspectedContents): string {
  const entries = [['format', format], ...Object.entries(metadata)] as const;
  const width = Math.max(...entries.map(([key]) => key.length));
  return entries.map(([key = '', value = '']) => printable(`${key.padEnd(width)}  ${value}`)).join('\n');
}

/** A checkpoint's tensors are named after the part of the state and the model's tensor. */
function tensorsText({ format, tensors, headerBytes, dataBytes }: InspectedContents): string {
  const hasParts = format === CHECKPOINT_FORMAT;
  const rows = tensors.map(({ name, shape, bytes, whole }) => {
    const slash = hasParts ? name.indexOf('/') : -1;
    return [
      ...(hasParts ? [printable(name.slice(0, Math.max(slash, 0)))] : []),
      printable(name.slice(slash + 1)),
      shape.length === 0 ? 'scalar' : shape.join('x'),
      bytesText(bytes),
      whole ? 'ok' : 'WRONG',
    ];
  });
  const table = textTable([...(hasParts ? ['part'] : []), 'tensor', 'shape', 'size', 'checksum'], rows, [
    ...(hasParts ? (['left'] as const) : []),
    'left',
    'left',
    'right',
    'left',
  ]);
  const total = `${tensors.length} tensors, ${bytesText(dataBytes)}; header ${bytesText(headerBytes)}`;
  return `${table}\n\n${total}`;
}

/** What a file says may not drive the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}
