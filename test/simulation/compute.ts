import { CarriedFailureError, failureOf } from '../../trainer/failure.ts';
import type { ComputeClient, ExpectedFromCompute } from '../../trainer/step/compute-client.ts';
import type { Arrivals } from '../../trainer/step/arrivals.ts';
import { ComputeLoop } from '../../trainer/step/compute-loop.ts';
import { Mailbox } from '../../trainer/step/mailbox.ts';
import type { FromCompute, ToCompute } from '../../trainer/step/messages.ts';
import type { SimulatedProcess } from './process.ts';
import type { TinyModel } from './tiny-model.ts';

export interface SimulatedComputeOptions {
  readonly process: SimulatedProcess;
  readonly model: TinyModel;
  readonly rank: number;
  /** How long a gradient takes. */
  readonly gradientMs: () => number;
  /** Sees every word, when it is said. */
  readonly onWord: (word: FromCompute | ToCompute) => void;
  /** Every sum of the step lies in memory; nothing is applied yet. */
  readonly onStaged: () => void;
}

const WORD_MS = 0.05;
const LONGEST_PAUSE_MS = 50;

/** The compute thread's loop in the I/O thread's place: they still know of each other only by messages, which take time. */
export function simulateCompute(options: SimulatedComputeOptions): ComputeClient {
  const { process, model, rank, gradientMs, onWord, onStaged } = options;
  const { clock } = process;
  const inbox = new Mailbox<ToCompute>();
  const mailbox = new Mailbox<ExpectedFromCompute>();
  let failure: Error | undefined;
  let lastWordMs = 0;
  const fail = (error: Error): void => {
    if (failure !== undefined) return;
    failure = error;
    mailbox.fail(error);
    client.onFailure();
  };
  const client: ComputeClient = {
    get failure() {
      return failure;
    },
    onFailure: () => {},
    onEncoded: () => {},
    beforeRewind: () => {},
    next: (types, budgetMs) => within(budgetMs, mailbox.next(...types)),
    rewind(budgetMs) {
      client.onEncoded = () => {};
      client.beforeRewind();
      client.send({ type: 'rewind' });
      return within(budgetMs, mailbox.skipTo('rewound'));
    },
    open: () => undefined,
    interrupt: (error) => mailbox.interrupt(error),
    send(word) {
      onWord(word);
      clock.after(WORD_MS, () => inbox.deliver(word));
    },
    terminate: async () => {},
  };
  async function within<Word>(budgetMs: number, word: Promise<Word>): Promise<Word> {
    const timer = clock.after(budgetMs, () => fail(new Error(`compute was silent for ${budgetMs} ms`)));
    try {
      return await word;
    } finally {
      timer.cancel();
    }
  }
  function post(word: FromCompute): void {
    onWord(word);
    const tookMs = word.type === 'contribution' ? gradientMs() : WORD_MS;
    lastWordMs = Math.max(lastWordMs, clock.monotonicMs() + tookMs);
    clock.after(lastWordMs - clock.monotonicMs(), () => {
      if (word.type === 'encoded') client.onEncoded(word.chunks);
      else if (word.type === 'failed') fail(new CarriedFailureError(word));
      else mailbox.deliver(word);
    });
  }
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  /** Both threads are one here, so none may sleep: it looks now and then. */
  async function waitForSums(arrivals: Arrivals, known: number): Promise<number | undefined> {
    for (let ms = WORD_MS; ; ms = Math.min(2 * ms, LONGEST_PAUSE_MS)) {
      const seen = arrivals.look(known);
      if (seen === 'interrupted') return undefined;
      if (seen === 'waiting') {
        await pause(ms);
        continue;
      }
      if (seen === model.plan.chunkPlan.chunks.length) onStaged();
      await pause(WORD_MS);
      return seen;
    }
  }
  const loop = new ComputeLoop({
    ...model,
    rank,
    smoothOut: undefined,
    initialHash: model.hash(),
    inbox,
    post,
    waitForSums,
  });
  loop.run().catch((error: unknown) => post({ type: 'failed', ...failureOf(error) }));
  return client;
}
