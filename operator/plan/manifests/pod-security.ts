/** Of no user in any common base image, so that no file there happens to be its own. */
const USER_ID = 65_532;

/** Meets the `restricted` Pod Security Standard, which the two contexts below have to say together. */
export const POD_SECURITY_CONTEXT = {
  runAsNonRoot: true,
  runAsUser: USER_ID,
  runAsGroup: USER_ID,
  fsGroup: USER_ID,
  // Large volumes are not walked again at every start.
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

export const CONTAINER_SECURITY_CONTEXT = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const;
