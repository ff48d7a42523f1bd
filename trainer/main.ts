/**
 * The worker process. Signals come first, before anything large is loaded: a process that is number 1 of its container
 * and has no handler yet would not hear them, and be killed after the whole grace period.
 */
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => stop.abort(`received ${signal}`));
}
const { runProcess } = await import('./process.ts');
process.exitCode = await runProcess(stop);
// A native backend may keep threads of its own alive; everything is written by now.
process.exit();
