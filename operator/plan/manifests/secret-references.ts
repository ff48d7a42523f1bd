import type { ClusterJob } from './cluster-job.ts';

/** A Secret that the template names and the operator's admin did not allow. */
export interface ForbiddenSecret {
  /** Path in the job. */
  readonly field: string;
  readonly name: string;
  readonly message: string;
}

/** The flag of the operator that allows names, as messages give it. */
const FLAG = '--secret-references';

/**
 * Whoever may create a job could otherwise read any Secret of its namespace by way of a pod, without the right to
 * read Secrets. So a template may name only those that the operator's admin allows; empty: all is well.
 */
export function forbiddenSecretReferences(
  { spec }: Pick<ClusterJob, 'spec'>,
  allowed: ReadonlySet<string>,
): readonly ForbiddenSecret[] {
  const { env = [], volumes = [], imagePullSecrets = [] } = spec.workers.template ?? {};
  const references = [
    ...env.map(({ valueFrom }, index) => ({
      field: `env[${index}].valueFrom.secretKeyRef.name`,
      name: valueFrom?.secretKeyRef?.name,
    })),
    ...volumes.map(({ secret }, index) => ({
      field: `volumes[${index}].secret.secretName`,
      name: secret?.secretName,
    })),
    ...imagePullSecrets.map(({ name }, index) => ({ field: `imagePullSecrets[${index}].name`, name })),
  ];
  return references.flatMap(({ field, name }) =>
    name === undefined || allowed.has(name) ? [] : [forbidden(`spec.workers.template.${field}`, name)],
  );
}

function forbidden(field: string, name: string): ForbiddenSecret {
  const message =
    `${field}: "${name}" is not among the Secrets that jobs may use; have the operator's admin add it to ${FLAG}, ` +
    'or take the reference out';
  return { field, name, message };
}
