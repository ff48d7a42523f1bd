/** Where files lie in a worker's container. `crds/rules/template.ts` keeps users' mounts away from them. */
export const PodPath = {
  /** The rank's Secret: job.json and the certificate. */
  rank: '/etc/terngrad/rank',
  /** The ConfigMap of `program.configMap`. */
  program: '/etc/terngrad/program',
  /** The image's own programs. */
  image: '/opt/terngrad',
  /** The one writable directory; all else is the read-only image. */
  temporary: '/tmp',
  terminationMessage: '/dev/termination-log',
} as const;
