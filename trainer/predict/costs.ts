/**
 * What a step costs on one computer, as `terngrad predict` measures it. Milliseconds of one processor core, except for the
 * gradient, which is elapsed time with the threads that the job gives it.
 */
export interface StepCosts {
  readonly gradient: { readonly fixedMs: number; readonly perExampleMs: number };
  /** One pass over the gradient: checks, and scalers. */
  readonly statisticsMs: number;
  /** Optimizer and hash over the whole vector. */
  readonly updateMs: number;
  /** Each sum is applied as it comes; else only decoded, and the update follows the last one. */
  readonly isUpdatedAsSumsCome: boolean;
  readonly transport: TransportCosts;
}

export interface TransportCosts {
  /** Of the barrier with one peer beside rank 0, the way there and back. */
  readonly barrierMs: number;
  /** Rank 0 takes and answers one further member. */
  readonly perMemberMs: number;
  /** One gRPC message, both ends together. */
  readonly perMessageMs: number;
  /** One byte, both ends together. */
  readonly perByteMs: number;
}

/** Over the whole vector. */
export interface CodingCosts {
  readonly encodeMs: number;
  readonly decodeMs: number;
  /** Sum of all contributions, if one member did it alone. */
  readonly sumMs: number;
  /** Present where payloads are entropy coded. */
  readonly entropy?: EntropyCosts;
}

/** Over the whole vector, besides the packing. */
export interface EntropyCosts {
  readonly codePushMs: number;
  readonly restorePushMs: number;
  readonly codeSumMs: number;
  readonly restoreSumMs: number;
}
