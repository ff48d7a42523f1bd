/**
 * The running hash of a state lies in 64 bytes: sums and sums of sums of what is read, then of what is written, four
 * lanes each. In AssemblyScript there is no way to return four vectors, so each kernel loads and stores them itself.
 */
export const READ_SUM: usize = 0;
export const READ_SUMS: usize = 16;
export const WRITTEN_SUM: usize = 32;
export const WRITTEN_SUMS: usize = 48;
