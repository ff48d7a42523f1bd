import type { KubeObject } from '../api/types.ts';

/** A child with a specification that we keep as it should be. */
export interface SpecifiedChild extends KubeObject {
  readonly spec?: unknown;
}
