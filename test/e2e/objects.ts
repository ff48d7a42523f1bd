/** The parts of the cluster's objects that the tests look at. */
export interface Metadata {
  readonly name: string;
  readonly uid: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
}

export interface ContainerStatus {
  readonly containerID?: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: {
    readonly running?: { readonly startedAt: string };
    readonly terminated?: { readonly exitCode: number; readonly message?: string };
    readonly waiting?: { readonly reason: string };
  };
}

export interface Pod {
  readonly metadata: Metadata;
  readonly spec: {
    readonly nodeName?: string;
    readonly tolerations?: readonly { readonly key?: string }[];
    readonly containers: readonly {
      readonly image: string;
      readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
    }[];
  };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export interface Job {
  readonly metadata: Metadata;
  readonly status?: {
    readonly state?: string;
    readonly conditions?: readonly Condition[];
    readonly workers?: number;
    readonly readyWorkers?: number;
    readonly failureCount?: number;
    readonly step?: number;
    readonly totalSteps?: number;
    readonly testAccuracy?: number;
    readonly gradientBytes?: { readonly raw: number; readonly wire: number };
  };
}
