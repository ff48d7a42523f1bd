import { Worker } from 'node:worker_threads';

/**
 * The worker process. Signals come first, before anything large is loaded: a process that is number 1 of its container
 * and has no handler yet would not hear them, and be killed after the whole grace period. Then the compute thread, which
 * has the most to load: the others wait for a lost worker's replacement.
 */
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => stop.abort(`received ${signal}`));
}
const computeThread = new Worker(new URL('./compute.js', import.meta.url));
const { runProcess } = await import('./process.ts');
process.exitCode = await runProcess(stop, computeThread);
// A native backend may keep threads of its own alive; everything is written by now.
process.exit();
