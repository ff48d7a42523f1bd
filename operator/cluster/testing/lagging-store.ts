import type { KubeObject, Store } from '../api/types.ts';
import type { Change } from '../watch/change.ts';
import type { MemoryApiServer } from './memory-api-server.ts';

/** What a watch has shown of one kind of object; a test decides when it shows more. */
export class LaggingStore<T extends KubeObject> implements Store<T> {
  private readonly objects = new Map<string, T>();
  private readonly waiting: Change<KubeObject>[] = [];
  private readonly indexOf: (object: T) => string | undefined;
  private readonly onChange: (change: Change<T>) => void;
  /** While true, changes pile up. */
  isBehind = false;

  constructor(
    server: MemoryApiServer,
    plural: string,
    indexOf: (object: T) => string | undefined,
    onChange: (change: Change<T>) => void = () => {},
  ) {
    this.indexOf = indexOf;
    this.onChange = onChange;
    for (const object of server.all(plural)) this.show({ type: 'added', object });
    server.watch(plural, (change) => {
      this.waiting.push(change);
      if (!this.isBehind) this.catchUp();
    });
  }

  catchUp(): void {
    for (const change of this.waiting.splice(0)) this.show(change);
  }

  get(key: string): T | undefined {
    return this.objects.get(key);
  }

  byIndex(value: string): readonly T[] {
    return this.list().filter((object) => this.indexOf(object) === value);
  }

  list(): readonly T[] {
    return [...this.objects.values()];
  }

  private show(change: Change<KubeObject>): void {
    const { namespace, name } = change.object.metadata;
    const key = `${namespace}/${name}`;
    if (change.type === 'deleted') this.objects.delete(key);
    else this.objects.set(key, change.object as T);
    this.onChange(change as Change<T>);
  }
}
