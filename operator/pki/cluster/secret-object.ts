import type { KubeObject } from '../../cluster/api/types.ts';

/** A Secret as the API server gives it; values are base64. */
export interface SecretObject extends KubeObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}
