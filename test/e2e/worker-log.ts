/** What a worker that trains the paced program has told. */
export interface WorkerLog {
  readonly batches: readonly Batch[];
  /** Its share of each membership, in order. */
  readonly formed: readonly Formed[];
  /** The messages of all log lines. */
  readonly messages: readonly string[];
}

export interface Batch {
  /** Of the examples it begins to work on; more than once where a step was done again. */
  readonly examples: readonly number[];
  readonly atMs: number;
}

export interface Formed {
  readonly generation: number;
  readonly members: number;
  /** Steps that were committed before. */
  readonly step: number;
}

/** A line that is cut off is left out: the worker was killed, or is still writing it. */
export function workerLogOf(text: string): WorkerLog {
  const batches: Batch[] = [];
  const formed: Formed[] = [];
  const messages: string[] = [];
  for (const line of text.split('\n')) {
    const { batch, at, msg, generation, members, step } = parsed(line);
    if (batch !== undefined && at !== undefined) {
      batches.push({ examples: batch, atMs: at });
    }
    if (msg !== undefined) messages.push(msg);
    if (msg !== 'formed' || generation === undefined || members === undefined || step === undefined) continue;
    formed.push({ generation, members, step });
  }
  return { batches, formed, messages };
}

interface Line {
  readonly batch?: readonly number[];
  readonly at?: number;
  readonly msg?: string;
  readonly generation?: number;
  readonly members?: number;
  readonly step?: number;
}

function parsed(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return {};
  }
}
