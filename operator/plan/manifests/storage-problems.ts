import type { ResolvedJob } from '../../../crds/job.ts';
import type { Finding } from '../../../crds/problem.ts';
import { checkpointDirectory, outputStorage, userMountOf } from './checkpoint-storage.ts';

/** Places in a worker's container that hold what it needs to start, and what no container runtime mounts over. */
const TAKEN =
  /^(\/|\/etc|\/etc\/terngrad(\/rank(\/.*)?|\/program)?|\/opt|\/opt\/terngrad|\/(dev|proc|sys)(\/.*)?|.*:.*)$/;

/**
 * Places that a worker on a cluster cannot write to, or where what it writes is lost, though the same file is right on
 * one computer. Found before anything is trained, not when the model is to be written.
 */
export function storageProblems(job: ResolvedJob): Finding[] {
  return [...checkpointProblems(job), ...outputProblems(job)];
}

function checkpointProblems(job: ResolvedJob): Finding[] {
  const { checkpoint } = job.spec;
  if (checkpoint === undefined) return [];
  const directory = checkpointDirectory(job);
  const path = ['spec', 'checkpoint', 'directory'];
  if (TAKEN.test(directory)) {
    return [
      {
        path,
        message: `is ${directory} in a worker, where it has files of its own; take a place like '/checkpoints'`,
      },
    ];
  }
  if (checkpoint.volumeClaim !== undefined && userMountOf(job, directory)?.path === directory) {
    return [
      {
        path,
        message:
          "has a volume of 'workers.template.volumeMounts' already; leave that out, or 'checkpoint.volumeClaim'",
      },
    ];
  }
  return [];
}

function outputProblems(job: ResolvedJob): Finding[] {
  const storage = outputStorage(job);
  if (storage === undefined || storage === 'durable') return [];
  const why =
    storage === 'none' ? 'is where rank 0 cannot write on a cluster' : 'would be lost with the pod of rank 0';
  return [
    {
      path: ['spec', 'output', 'path'],
      message: `${why}; put it below 'checkpoint.directory' with a 'checkpoint.volumeClaim', or mount a PersistentVolumeClaim by 'workers.template'`,
    },
  ];
}
