import { z } from 'zod';
import { count, text } from './scalars.ts';
import { MAX_REPLICAS } from './workers.ts';

const jobStates = [
  'Pending',
  'Starting',
  'Running',
  'Restarting',
  'Suspended',
  'Stopping',
  'Succeeded',
  'Failed',
] as const;
const rankStates = ['pending', 'running', 'succeeded', 'failed', 'lost', 'stopped'] as const;

/** Failures kept one by one; beyond them only the count grows. */
export const MAX_KEPT_FAILURES = 64;

const time = () => text(64).meta({ format: 'date-time' });
const rank = () =>
  z
    .int()
    .min(0)
    .max(MAX_REPLICAS - 1)
    .describe('Rank of the worker.');
const attempt = () => count().min(1).describe('Attempt of the rank, from 1.');
/** CamelCase and stable, for machines. */
const reason = () => text(256);

const conditionSchema = z
  .strictObject({
    type: text(316).min(1).describe('What is stated, such as `Succeeded`.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
    observedGeneration: count().optional().describe('`metadata.generation` it was stated for.'),
    lastTransitionTime: time().describe('When `status` changed last.'),
    reason: reason().min(1).describe('Why, in CamelCase, for machines.'),
    message: text(32_768).describe('Why, for humans.'),
  })
  .describe('One condition.');

const rankSchema = z
  .strictObject({
    rank: rank(),
    attempt: attempt(),
    state: z
      .enum(rankStates)
      .describe(
        'State of the newest attempt. `lost`: deleted or on a lost node, not known to have ended. `stopped`: ended because the job did not want it any more.',
      ),
    uid: text(128).optional().describe('UID of the pod, so that no end counts twice.'),
    pod: text(253).optional().describe('Name of the pod.'),
    step: count().optional().describe('Last confirmed step.'),
    exitCode: z.int().min(0).max(255).optional().describe('How it ended; the codes are part of the API.'),
    reason: reason().optional().describe('Why it is in this state, in CamelCase.'),
    message: text(512).optional().describe('The same for humans.'),
    failures: count()
      .optional()
      .describe(
        'Failures in a row, without a healthy run between; the wait between attempts grows with them.',
      ),
    failedTime: time()
      .optional()
      .describe('When an attempt last ended otherwise than by the loss of a peer or a stop.'),
    restartTime: time()
      .optional()
      .describe('Earliest time of the next attempt; set once the end of this one was judged.'),
    minAttempt: attempt()
      .optional()
      .describe('Lower attempts are stopped: all ranks were told to start anew, or this one was given up.'),
  })
  .describe('One rank.');

const failureSchema = z
  .strictObject({
    uid: text(128).min(1).describe('UID of the pod, so that no failure counts twice.'),
    rank: rank(),
    attempt: attempt(),
    counted: z.boolean().describe('Whether it counts towards `failurePolicy.backoffLimit`.'),
    exitCode: z.int().min(0).max(255).optional().describe('Exit code, if the container ended by itself.'),
    reason: reason().describe('Cause in CamelCase, such as `PeerLost`, `DisruptionTarget`.'),
    message: text(512).optional().describe('The same for humans.'),
    finishedAt: time().describe('When it ended.'),
  })
  .describe('One failure.');

const causeSchema = z
  .strictObject({
    rank: rank().optional(),
    attempt: attempt().optional(),
    exitCode: z
      .int()
      .min(1)
      .max(255)
      .describe('The exit code of the worker, or the one that describes the cause best.'),
    reason: reason().min(1).describe('Why, in CamelCase, for machines.'),
    message: text(4096).describe('What, where and what to do, for humans.'),
  })
  .describe('Why the job failed: the first cause, kept after the workers are gone.');

const summarySchema = z
  .strictObject({
    workers: text(32).optional().describe('Ready and wanted workers: `3/4`.'),
    step: text(32).optional().describe('Confirmed and wanted steps: `1200/5000`.'),
    progress: text(32).optional().describe('Share of the job that is done: `24%`.'),
    eta: text(32).optional().describe('Time to go at the present pace: `12m30s`.'),
    loss: text(32).optional().describe('Training loss, rounded.'),
    accuracy: text(32).optional().describe('Accuracy on the test data at the last evaluation: `98.1%`.'),
    throughput: text(32).optional().describe('Examples per second, of all workers: `1840 samples/s`.'),
    saved: text(32).optional().describe('Gradient bytes that compression saved: `93.6% (12.4 MB)`.'),
  })
  .describe('The figures as `kubectl get` shows them. For humans: machines read the numbers beside it.');

/** What the operator reports. Written by server-side apply, by the operator alone. */
export const statusSchema = z
  .strictObject({
    observedGeneration: count().optional().describe('`metadata.generation` the status was written for.'),
    state: z.enum(jobStates).optional().describe('The job in one word; follows from the conditions.'),
    conditions: z
      .array(conditionSchema)
      .max(16)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
      .describe('Conditions, by type.'),
    summary: summarySchema.optional(),
    workers: count().optional().describe('Workers that exist; the scale subresource reads it.'),
    readyWorkers: count().optional().describe('Workers that take part in the current generation.'),
    selector: text(1024)
      .optional()
      .describe('Label selector of the worker pods; the scale subresource reads it.'),
    step: count().optional().describe('Last confirmed step.'),
    totalSteps: count().optional().describe('Steps of the whole job.'),
    epoch: z.number().min(0).optional().describe('Epochs done, with the fraction of the running one.'),
    loss: z.number().optional().describe('Training loss: mean over the last reporting window.'),
    testLoss: z.number().optional().describe('Loss on the test data at the last evaluation.'),
    testAccuracy: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Accuracy on the test data, 0 to 1, at the last evaluation.'),
    samplesPerSecond: z.number().min(0).optional().describe('Examples per second, of all workers.'),
    gradientBytes: z
      .strictObject({
        raw: z.int().min(0).describe('float32 size of the values that crossed the wire, in bytes.'),
        wire: z.int().min(0).describe('Bytes of the gRPC messages that carried them.'),
      })
      .optional()
      .describe('Gradient traffic that rank 0 sent since the start.'),
    generation: count().optional().describe('Membership generation; grows with every change of the members.'),
    restarts: count().optional().describe('Replacements of workers since the start.'),
    failureCount: count().optional().describe('Failures that count towards `failurePolicy.backoffLimit`.'),
    failures: z
      .array(failureSchema)
      .max(MAX_KEPT_FAILURES)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['uid'] })
      .describe('The newest failures, counted or not.'),
    ranks: z
      .array(rankSchema)
      .max(MAX_REPLICAS)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['rank'] })
      .describe('Every rank.'),
    lastCheckpoint: z
      .strictObject({
        step: count().describe('Step it holds.'),
        path: text(1024).describe('Where it lies.'),
        time: time().describe('When it was written.'),
      })
      .optional()
      .describe('The newest complete checkpoint.'),
    weightsHash: text(64).optional().describe('SHA-256 (hex) of the final weights, equal on every rank.'),
    startTime: time().optional().describe('When the job was first (or, after a suspension, again) started.'),
    lastProgressTime: time().optional().describe('When `step` changed last.'),
    cause: causeSchema.optional(),
    completionTime: time().optional().describe('When the job succeeded or failed.'),
  })
  .describe('What the operator reports.');

export type JobStatus = z.output<typeof statusSchema>;
export type JobState = (typeof jobStates)[number];
export type JobCondition = z.output<typeof conditionSchema>;
export type RankStatus = z.output<typeof rankSchema>;
export type RankState = (typeof rankStates)[number];
export type FailureCause = z.output<typeof causeSchema>;
export type FailureRecord = z.output<typeof failureSchema>;
export type StatusSummary = z.output<typeof summarySchema>;
