import type { Logger } from 'pino';
import type { ResolvedJob } from '../../crds/index.ts';
import type { SaveOutcome } from '../checkpoint/checkpoint-writer.ts';
import { stateTensors, type StateRegion } from '../checkpoint/state.ts';
import type { WorkerIdentity } from '../identity.ts';
import type { Ready } from '../step/messages.ts';
import type { StepPlan } from '../step/step-plan.ts';
import { CheckpointKeeper } from './checkpoint-keeper.ts';
import { ModelOutput } from './model-output.ts';

/** What of the training outlives the workers. Rank 0's alone: all ranks have the same state. */
export interface Saving {
  readonly checkpoints: CheckpointKeeper | undefined;
  readonly output: ModelOutput | undefined;
}

export interface SavingParts {
  readonly ready: Ready;
  readonly plan: StepPlan;
  readonly regions: readonly StateRegion[];
  readonly onOutcome: (outcome: SaveOutcome) => void;
}

/** @throws when a place that the job names cannot be written to. */
export async function openSaving(
  {
    identity,
    job,
    log,
  }: { readonly identity: WorkerIdentity; readonly job: ResolvedJob; readonly log: Logger },
  { ready, plan, regions, onOutcome }: SavingParts,
): Promise<Saving> {
  const { checkpoint, output } = job.spec;
  if (identity.rank !== 0) return { checkpoints: undefined, output: undefined };
  const { jobUid, jobName, jobNamespace, baseDirectory } = identity;
  const { signature, totalSteps, backend, nonTrainable, topology } = ready;
  const tensors = stateTensors(
    { slots: plan.layout.slots, nonTrainable, scalerUnits: plan.chunkPlan.units },
    regions.map(({ kind }) => kind),
  );
  const place = { baseDirectory, tensors, regions };
  return {
    checkpoints:
      checkpoint === undefined
        ? undefined
        : await CheckpointKeeper.open({
            ...place,
            spec: checkpoint,
            job: { jobUid, jobName, jobNamespace, signature, totalSteps, backend },
            samplerStateAt: (step) => plan.sampler.stateAt(step),
            log,
            onOutcome,
          }),
    output:
      output === undefined
        ? undefined
        : await ModelOutput.open({
            ...place,
            spec: output,
            topology,
            metadata: { jobUid, jobName, jobNamespace, signature, steps: String(totalSteps) },
          }),
  };
}
