import type { KubeObject } from '../api/types.ts';

/** What happened to one object, told in the order in which it happened to it. */
export type Change<T extends KubeObject> =
  | { readonly type: 'added'; readonly object: T }
  | { readonly type: 'updated'; readonly object: T; readonly previous: T }
  /** `object` is the last that is known of it: a deletion in a gap between two watches is told with an old state. */
  | { readonly type: 'deleted'; readonly object: T };

export type ChangeHandler<T extends KubeObject> = (change: Change<T>) => void;
