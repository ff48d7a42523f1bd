import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import type { ResolvedJob } from '../crds/index.ts';
import type { WorkerIdentity } from '../trainer/identity.ts';
import { computeClientOf } from '../trainer/step/compute-client.ts';
import { runWorker } from '../trainer/worker.ts';

/** What a worker of `bench exchange` finds in the file that it is started with. */
export interface WorkerOrder {
  readonly identity: WorkerIdentity;
  readonly job: ResolvedJob;
}

const order = JSON.parse(readFileSync(process.argv[2] as string, 'utf8')) as WorkerOrder;
const message = await runWorker({
  ...order,
  compute: computeClientOf(new Worker(new URL('./exchange-compute.mjs', import.meta.url))),
  log: pino({ level: 'error' }),
  stop: new AbortController().signal,
});
if (message.exitCode !== 0) console.error(`rank ${message.rank}: ${message.reason}: ${message.message}`);
process.exit(message.exitCode);
