import type { JobObject } from '../job-object.ts';
import { JobMemory } from './job-memory.ts';

/** The memories of all jobs that exist. A job that goes takes all of it along. */
export class JobMemories {
  private readonly byKey = new Map<string, JobMemory>();

  /** A job of the same name that came later starts with an empty memory. */
  of(key: string, object: JobObject, now: Date): JobMemory {
    const known = this.byKey.get(key);
    if (known !== undefined && known.uid === object.metadata.uid) return known;
    const fresh = new JobMemory(object, now);
    this.byKey.set(key, fresh);
    return fresh;
  }

  /** Where there is one already. */
  find(key: string): JobMemory | undefined {
    return this.byKey.get(key);
  }

  forget(key: string): void {
    this.byKey.delete(key);
  }

  /** With their keys. */
  all(): Iterable<readonly [string, JobMemory]> {
    return this.byKey;
  }

  get size(): number {
    return this.byKey.size;
  }
}
