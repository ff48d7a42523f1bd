import type { Worker } from 'node:worker_threads';
import { CarriedFailureError } from '../failure.ts';
import { ProgramExitedError } from '../programs/errors.ts';
import { Mailbox } from './mailbox.ts';
import type { FromCompute, Open, Rewound, ToCompute } from './messages.ts';

/** The compute thread is stuck: in a native call, an endless loop, or in data that never arrives. */
class ComputeHungError extends Error {
  readonly code = 'COMPUTE_HUNG';
  override readonly name = 'ComputeHungError';

  constructor(awaited: string, budgetMs: number) {
    super(
      `the compute thread gave no '${awaited}' within ${(budgetMs / 1000).toFixed(1)} s; if a step may take that long, ` +
        `raise exchange.stepDeadlineSeconds (or exchange.formationSeconds for loading data and model)`,
    );
  }
}

export type ExpectedFromCompute = Exclude<FromCompute, { type: 'failed' }>;

/** The I/O thread's end of the conversation with the compute thread. */
export interface ComputeClient {
  /**
   * The next message, which must be of one of these types. Rejects when the thread failed, with ProgramExitedError when the
   * program ended it, and with ComputeHungError when nothing came within the budget.
   */
  next<Type extends ExpectedFromCompute['type']>(
    types: readonly Type[],
    budgetMs: number,
  ): Promise<Extract<FromCompute, { type: Type }>>;
  /** The first failure; nothing more comes after it. */
  readonly failure: Error | undefined;
  /** Called once, at the first failure. */
  onFailure: () => void;
  /** Called with encoded chunks, which come after `agreed`. */
  onEncoded: (chunks: readonly number[]) => void;
  /** Called before the compute thread is told that the generation is over: it may wait for sums, and hear no message. */
  beforeRewind: () => void;
  /** Ends the present wait with this error. */
  interrupt(error: Error): void;
  /** Tells the job, before anything else is sent. */
  open(job: Omit<Open, 'type'>): void;
  send(message: ToCompute): void;
  /** Ends the generation on the compute thread; everything it said in it and nobody read is thrown away. */
  rewind(budgetMs: number): Promise<Rewound>;
  terminate(): Promise<void>;
}

/** @param thread says nothing before it is told the job. */
export function computeClientOf(thread: Worker): ComputeClient {
  const mailbox = new Mailbox<ExpectedFromCompute>();
  let program = 'the program';
  let failure: Error | undefined;
  let terminating = false;
  const client: ComputeClient = {
    get failure() {
      return failure;
    },
    onFailure: () => {},
    onEncoded: () => {},
    beforeRewind: () => {},
    next: (types, budgetMs) => within(budgetMs, types.join("' or '"), mailbox.next(...types)),
    rewind(budgetMs) {
      client.onEncoded = () => {};
      client.beforeRewind();
      client.send({ type: 'rewind' });
      return within(budgetMs, 'rewound', mailbox.skipTo('rewound'));
    },
    interrupt: (error) => mailbox.interrupt(error),
    open(job) {
      program = job.spec.program.path ?? String(job.spec.program.name);
      client.send({ type: 'open', ...job });
    },
    send: (message) => thread.postMessage(message),
    async terminate() {
      terminating = true;
      await thread.terminate();
    },
  };
  const fail = (error: Error): void => {
    if (failure !== undefined) return;
    failure = error;
    mailbox.fail(error);
    client.onFailure();
  };
  async function within<Message>(
    budgetMs: number,
    awaited: string,
    message: Promise<Message>,
  ): Promise<Message> {
    const timer = setTimeout(() => fail(new ComputeHungError(awaited, budgetMs)), budgetMs);
    try {
      return await message;
    } finally {
      clearTimeout(timer);
    }
  }
  thread.on('message', (message: FromCompute) => {
    if (message.type === 'encoded') client.onEncoded(message.chunks);
    else if (message.type === 'failed') fail(new CarriedFailureError(message));
    else mailbox.deliver(message);
  });
  thread.on('error', fail);
  thread.on('exit', (code) => {
    // What was thrown, and memory that ran out, came as 'error' before; our own code stays until it is terminated.
    if (!terminating) fail(new ProgramExitedError(program, code));
  });
  return client;
}
