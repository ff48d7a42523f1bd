import type { Contents, SealedHeader } from '../safetensors/sealed-header.ts';
import type { StateTensor } from './state.ts';

/** Whose state it is, and where in training it was taken. Entries of `__metadata__` in the file, under the same names. */
export interface CheckpointFacts {
  readonly jobUid: string;
  readonly jobName: string;
  readonly jobNamespace: string;
  /** Of model, data and training; equal signatures mean that a state fits. */
  readonly signature: string;
  /** Steps that were applied: the next one to do. */
  readonly step: number;
  readonly totalSteps: number;
  /** With `cursor`: where the sampler stands. */
  readonly epoch: number;
  /** Examples of this epoch that were taken. */
  readonly cursor: number;
  readonly generation: number;
  /** Of weights and optimizer slots, 16 hex digits. */
  readonly stateHash: string;
  /** The backend that computed the gradients; for people. */
  readonly backend?: string;
  /** What the workers have chosen, where the job leaves it to them: `auto` as codec or packing. */
  readonly codec?: ChosenCodec | undefined;
}

const CODECS = ['ternary', 'ternary-sparse', 'ternary-entropy', 'float16', 'float32'] as const;
type ChosenCodec = (typeof CODECS)[number];

/** The `format` of a checkpoint file. */
export const CHECKPOINT_FORMAT = 'terngrad-checkpoint';

const TEXTS = ['jobUid', 'jobName', 'jobNamespace', 'signature', 'stateHash'] as const;
const COUNTS = ['step', 'totalSteps', 'epoch', 'cursor', 'generation'] as const;

export function checkpointContents(facts: CheckpointFacts, state: readonly StateTensor[]): Contents {
  const metadata = [...TEXTS, ...COUNTS].map((key): [string, string] => [key, String(facts[key])]);
  if (facts.backend !== undefined) metadata.push(['backend', facts.backend]);
  if (facts.codec !== undefined) metadata.push(['codec', facts.codec]);
  return {
    format: CHECKPOINT_FORMAT,
    metadata: new Map(metadata),
    tensors: state.map(({ name, shape }) => ({ name, shape })),
  };
}

/** @throws Error naming the entry that is missing or wrong. */
export function factsOf({ format, metadata }: SealedHeader): CheckpointFacts {
  if (format !== CHECKPOINT_FORMAT) throw new Error(`it is of format "${format}", not ${CHECKPOINT_FORMAT}`);
  const text = (key: (typeof TEXTS)[number]): string => {
    const value = metadata.get(key);
    if (value === undefined) throw new Error(`its header has no ${key}`);
    return value;
  };
  const count = (key: (typeof COUNTS)[number]): number => {
    const value = metadata.get(key) ?? '';
    if (!/^\d{1,15}$/.test(value)) throw new Error(`${key} in its header is "${value}", not a whole number`);
    return Number(value);
  };
  const backend = metadata.get('backend');
  const codec = CODECS.find((known) => known === metadata.get('codec'));
  return {
    jobUid: text('jobUid'),
    jobName: text('jobName'),
    jobNamespace: text('jobNamespace'),
    signature: text('signature'),
    step: count('step'),
    totalSteps: count('totalSteps'),
    epoch: count('epoch'),
    cursor: count('cursor'),
    generation: count('generation'),
    stateHash: text('stateHash'),
    ...(backend !== undefined && { backend }),
    ...(codec !== undefined && { codec }),
  };
}
