import { plainStore } from './plain-store.ts';
import { contribution, LocalJob } from './local-job.ts';

/** Runs a small job to its end and does nothing else: whether the process then ends by itself is what a test looks at. */
const job = await LocalJob.of(3);
await job.form();
await Promise.all(
  job.members.map(async (member) => {
    await member.barrier(contribution(0), job.signal);
    const step = member.beginStep(
      0,
      plainStore({ members: 3, chunks: 6, values: 80, pushBytes: 320, pullBytes: 320 }),
    );
    for (let c = 0; c < 6; c++) step.chunkEncoded(c);
    await step.staged;
    await member.finish('done', job.signal);
  }),
);
await job.close();
console.log('closed');
