/**
 * What is needed of a file system to write files that survive a crash. Tests bring one that crashes at a chosen call and
 * forgets what was not synced.
 */
export interface Files {
  /** Also the directories above. Resolves with the uppermost one that had to be made, if any. */
  makeDirectory(path: string): Promise<string | undefined>;
  /** Names in a directory, in no order. */
  list(directory: string): Promise<readonly string[]>;
  openToRead(path: string): Promise<ReadableFile>;
  /** Fails with EEXIST when there is something of that name, a dangling link too. */
  createNew(path: string): Promise<WritableFile>;
  /** Puts `from` in the place of `to`, in one instant. */
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file. Fails with EEXIST when there is something of that name. */
  link(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(directory: string): Promise<void>;
}

export interface ReadableFile {
  size(): Promise<number>;
  /** Fills `into` from byte `position` on; resolves with fewer bytes than its length only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

export interface WritableFile {
  /** All of `bytes`, at byte `position`. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Makes the content durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
