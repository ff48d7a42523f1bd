/** A file whose header, length or checksums are not what a whole file has; or that is no file of ours at all. */
export class DamagedFileError extends Error {
  readonly code = 'DAMAGED_FILE';
  readonly file: string;
  /** What is wrong, without the file's name. */
  readonly reason: string;

  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`${file} cannot be used: ${reason}`, options);
    this.name = 'DamagedFileError';
    this.file = file;
    this.reason = reason;
  }
}

/** Written by a newer version, in a format that this one does not know. */
export class NewerFormatError extends Error {
  readonly code = 'NEWER_FORMAT';
  readonly file: string;
  readonly formatVersion: number;

  constructor(file: string, formatVersion: number, known: number) {
    super(
      `${file} has format version ${formatVersion}; this version of terngrad reads up to ${known}: ` +
        'use the version that wrote it, or a newer one',
    );
    this.name = 'NewerFormatError';
    this.file = file;
    this.formatVersion = formatVersion;
  }
}
