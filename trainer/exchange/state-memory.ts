/**
 * A member's state (weights, optimizer, averages) as one run of bytes, which may lie in several places. What the bytes
 * mean is the caller's; equal on all members that have the same signature.
 */
export interface StateMemory {
  readonly bytes: number;
  /** All bytes before follow from a common start and the sums of the steps; those from here on are each member's own. */
  readonly ownFrom: number;
  /**
   * The bytes from `offset` on, where they lie: at least one and at most `length`, fewer where a place ends. The same
   * call gives the same number on every member.
   */
  view(offset: number, length: number): Uint8Array;
}
