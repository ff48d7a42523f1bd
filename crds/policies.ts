import { z } from 'zod';
import { count, positiveCount, seconds, text } from './scalars.ts';

const failureActions = ['ignore', 'count', 'restartWorker', 'restartAll', 'failJob'] as const;

const failureRuleSchema = z
  .strictObject({
    name: text(63).min(1).optional().describe('Shown in the events and conditions that the rule causes.'),
    action: z
      .enum(failureActions)
      .describe(
        '`ignore`: replace it after the wait of `backoff`, count nothing. `count`: replace it and count towards `backoffLimit`. `restartWorker`: the same without delay. `restartAll`: a new attempt of every rank. `failJob`: at once.',
      ),
    exitCodes: z
      .array(z.int().min(1).max(255))
      .min(1)
      .max(64)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'set' })
      .describe(
        'Matches a worker that ended with one of these. Exactly one of `exitCodes` and `podCondition`.',
      ),
    podCondition: text(316)
      .min(1)
      .optional()
      .describe(
        'Matches a pod with this condition set to True, such as `DisruptionTarget`. Exactly one of `exitCodes` and `podCondition`.',
      ),
  })
  .describe('One rule.');

const failurePolicySchema = z
  .strictObject({
    rules: z
      .array(failureRuleSchema)
      .max(20)
      .default([])
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe(
        'What the end of a worker means. The first match decides. Without one: 64, 65 and 66 fail the job; disruptions, deletions and requests to stop are free; the loss of a peer (69) counts only if nothing explains it; all else is `count`.',
      ),
    backoffLimit: count()
      .max(10_000)
      .default(3)
      .describe('Counted failures that a replacement makes good; the next one fails the job.'),
    backoff: z
      .strictObject({
        initialSeconds: seconds()
          .default(10)
          .describe(
            'Seconds before the second replacement of one rank; the first is immediate. Doubles each time.',
          ),
        maxSeconds: seconds().default(360).describe('Upper bound of the doubled wait, in seconds.'),
        resetAfterSeconds: seconds()
          .default(600)
          .describe('Seconds of running after which a worker counts as healthy again.'),
      })
      .prefault({})
      .describe('Waits between the attempts of one rank.'),
  })
  .prefault({})
  .describe('What happens when a worker fails.');

const successPolicySchema = z
  .strictObject({
    when: z
      .enum(['rank0', 'all', 'minimum'])
      .default('rank0')
      .describe(
        'The job has succeeded when `rank0` ended well (it does so only after every member confirmed the final weights), when `all` workers did, or when the `minimum` of `count` did.',
      ),
    count: positiveCount().optional().describe('Workers that must end well. Only with `when: minimum`.'),
  })
  .prefault({})
  .describe('When the job has succeeded.');

const stragglerPolicySchema = z
  .strictObject({
    action: z
      .enum(['wait', 'warn', 'replace'])
      .default('warn')
      .describe(
        '`wait`: nothing, all wait for the slowest. `warn`: a condition and an event name it. `replace`: a new attempt of it as well, which copies the state of another worker; for free, and with the waits of `failurePolicy.backoff`.',
      ),
    ratio: z
      .number()
      .min(1.1)
      .max(1000)
      .default(2)
      .describe(
        'A worker is a straggler when its gradients take this many times as long as those of the others.',
      ),
    forSeconds: seconds()
      .default(60)
      .describe('Seconds it must be one without a break before anything is done.'),
  })
  .prefault({})
  .describe('What happens when a worker is much slower than the others.');

/** The fields of the job's life cycle that stand directly under `spec`. */
export const lifecycleFields = {
  failurePolicy: failurePolicySchema,
  successPolicy: successPolicySchema,
  stragglerPolicy: stragglerPolicySchema,
  cleanPodPolicy: z
    .enum(['running', 'all', 'none'])
    .default('running')
    .describe('Which pods are deleted when the job ends: those still `running`, `all`, or `none`.'),
  activeDeadlineSeconds: seconds()
    .optional()
    .describe('Seconds from the start after which the job fails, however far it is. Without it: no limit.'),
  pendingDeadlineSeconds: seconds()
    .optional()
    .describe('Seconds within which all workers must be running, or the job fails. Without it: no limit.'),
  progressDeadlineSeconds: seconds()
    .optional()
    .describe('Seconds without a new step after which the job fails. Without it: no limit.'),
  ttlSecondsAfterFinished: count()
    .optional()
    .describe('Seconds after its end after which the job is deleted with all it owns. Without it: never.'),
  suspend: z
    .boolean()
    .default(false)
    .describe('Stop the workers and keep the job. May be changed at any time; set back to false to go on.'),
  managedBy: text(63)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?$/, {
      error: 'must be a domain, a slash and a name',
    })
    .optional()
    .describe(
      'Another controller that runs this job, such as `kueue.x-k8s.io/multikueue`; this operator then leaves it alone. Itself it is `terngrad.dev/operator`.',
    ),
} as const;

export type FailurePolicy = z.output<typeof failurePolicySchema>;
export type FailureRule = FailurePolicy['rules'][number];
export type BackoffPolicy = FailurePolicy['backoff'];
export type StragglerPolicy = z.output<typeof stragglerPolicySchema>;
export type SuccessPolicy = z.output<typeof successPolicySchema>;
