/**
 * Stands in for the worker in tests: reads the same environment, logs the same JSON lines, leaves a termination
 * message and exits. What each rank does comes as JSON in the first argument, by rank:
 *
 *     exitCode      how it ends (default 0)
 *     reason        of its termination message (default by exit code)
 *     runMs         how long it runs (default 50); 0 is at once
 *     silent        leaves no termination message
 *     never         runs until it is stopped
 *     deaf          does not hear SIGTERM
 *     grandchild    starts a process that outlives it, and prints its pid
 *     hash          of the final weights (default the same on all ranks)
 *     killedBy      ends itself with this signal
 *     later         the same for the attempts after the first (default as the first)
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const environment = process.env;
const rank = Number(environment.TERNGRAD_RANK);
const attempt = Number(environment.TERNGRAD_ATTEMPT);
const behaviours = JSON.parse(process.argv[2] ?? '{}');
const { later, ...first } = behaviours[rank] ?? {};
const behaviour = {
  exitCode: 0,
  runMs: 50,
  hash: 'ab'.repeat(32),
  ...(attempt > 1 && later ? later : first),
};

const reasons = {
  0: 'Completed',
  64: 'InvalidJob',
  65: 'BadData',
  66: 'LossNotFinite',
  69: 'PeerLost',
  70: 'InternalError',
  75: 'Stopped',
};

function log(level, msg, fields) {
  console.log(JSON.stringify({ level, time: Date.now(), pid: process.pid, rank, msg, ...fields }));
}

function end(exitCode, reason = reasons[exitCode] ?? 'Unknown') {
  if (!behaviour.silent) {
    const message = {
      rank,
      attempt,
      exitCode,
      reason,
      message: exitCode === 0 ? 'the job is done' : `rank ${rank} ended because of ${reason}`,
      steps: 40,
      epochs: 2,
      ...(exitCode === 0 && {
        loss: 0.25,
        testAccuracy: 0.975,
        samplesPerSecond: 1840,
        stepMs: {
          total: 34,
          compute: 25,
          encode: 1,
          barrier: 1,
          push: 3,
          pull: 3,
          apply: 1,
          beyondCompute: 8,
        },
        backend: 'fake (1 thread)',
        bytes: { push: { raw: 16_000, wire: 1_000 }, pull: { raw: 16_000, wire: 1_500 }, barrier: 400 },
        weightsHash: behaviour.hash,
      }),
    };
    writeFileSync(environment.TERNGRAD_TERMINATION_MESSAGE_FILE, JSON.stringify(message));
  }
  process.exit(exitCode);
}

process.on('SIGTERM', () => {
  if (!behaviour.deaf) end(75);
});
if (environment.TERNGRAD_PARENT_PIPE === 'stdin') {
  process.stdin.resume();
  process.stdin.once('end', () => end(75, 'ParentGone'));
}

log(30, 'started', { address: environment.TERNGRAD_LISTEN_ADDRESS, processId: process.pid });
if (behaviour.grandchild) {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  log(30, 'grandchild', { processId: child.pid });
}
if (behaviour.never) setInterval(() => {}, 1000);
else if (behaviour.killedBy) setTimeout(() => process.kill(process.pid, behaviour.killedBy), behaviour.runMs);
else setTimeout(() => end(behaviour.exitCode, behaviour.reason), behaviour.runMs);
