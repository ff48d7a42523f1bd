/** What the operating system's error codes mean for somebody who owns a volume. */
const meanings: Readonly<Record<string, string>> = {
  ENOENT: 'it, or the directory it lies in, is gone; create it, or mount its volume',
  ENOTDIR: 'a part of its path is a file, not a directory; choose another path',
  EEXIST: 'a file of that name is in the way; remove it, or choose another path',
  EISDIR: 'it is a directory; name a file',
  ENOSPC: 'the volume is full; free space, enlarge it, or keep fewer checkpoints',
  EDQUOT: "the user's quota is used up; free space or raise the quota",
  EROFS: 'the file system is read-only; mount it for writing',
  EACCES: "this process may not; change the owner or the mode, or the pod's fsGroup",
  EPERM: "the file system does not permit it; change the owner or the mode, or the pod's fsGroup",
  EMFILE: 'too many files are open; raise the limit of open files',
  EIO: 'the device failed; check its health',
  ESTALE: 'the network file system lost it; mount it again',
};

/** The `code` of an error of the operating system, or an empty string. */
export function fileErrorCode(error: unknown): string {
  // Not `instanceof`: errors of Node.js itself belong to another realm where tests run.
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** `no space left on device (ENOSPC): the volume is full; ...`: what happened, and what to do. */
export function explainFileError(error: unknown): string {
  const code = fileErrorCode(error);
  const meaning = meanings[code];
  if (meaning !== undefined) return `${code}: ${meaning}`;
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}
