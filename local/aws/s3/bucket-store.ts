import type { Store } from '../store.ts';
import { noSuchBucket } from './s3-error.ts';

export interface Bucket {
  name: string;
  created_at: number;
  sends_events: number;
  /** The rules of its CORS configuration as JSON. */
  cors: string | null;
}

export interface StoredObject {
  key: string;
  /** The name of the file with its content. */
  file: string;
  size: number;
  etag: string;
  crc32: string;
  modified_at: number;
  /** JSON: headers that were sent with the content and go out with it. */
  headers: string;
}

/** Buckets and the rows of their objects. Changes run inside a write. */
export class BucketStore {
  readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  all(): Bucket[] {
    return this.store.all('select * from bucket order by name');
  }

  find(name: string): Bucket | undefined {
    return this.store.get('select * from bucket where name = ?', name);
  }

  get(name: string): Bucket {
    const bucket = this.find(name);
    if (bucket === undefined) throw noSuchBucket(name);
    return bucket;
  }

  create(name: string, now: number): void {
    // Sequencers go on growing when a bucket is made again.
    this.store.run('insert into bucket (name, created_at, sequence) values (?, ?, ?)', name, now, now * 1000);
  }

  setEvents(name: string, sendsEvents: boolean): void {
    this.store.run('update bucket set sends_events = ? where name = ?', sendsEvents ? 1 : 0, name);
  }

  setCors(name: string, cors: string | null): void {
    this.store.run('update bucket set cors = ? where name = ?', cors, name);
  }

  delete(name: string): void {
    this.store.run('delete from bucket where name = ?', name);
  }

  isEmpty(name: string): boolean {
    return this.store.get('select 1 from object where bucket = ? limit 1', name) === undefined;
  }

  /** The next number of a bucket: later changes have higher ones. */
  nextSequence(name: string): number {
    this.store.run('update bucket set sequence = sequence + 1 where name = ?', name);
    return this.store.get<{ sequence: number }>('select sequence from bucket where name = ?', name)?.sequence ?? 0;
  }

  object(bucket: string, key: string): StoredObject | undefined {
    return this.store.get('select * from object where bucket = ? and key = ?', bucket, key);
  }

  /** The first object of a bucket whose key is `from` or comes after it, in the order of UTF-8 bytes. */
  firstFrom(bucket: string, from: string): StoredObject | undefined {
    return this.store.get('select * from object where bucket = ? and key >= ? order by key limit 1', bucket, from);
  }

  put(bucket: string, object: StoredObject): void {
    this.store.run(
      `insert or replace into object (bucket, key, file, size, etag, crc32, modified_at, headers)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
      bucket,
      object.key,
      object.file,
      object.size,
      object.etag,
      object.crc32,
      object.modified_at,
      object.headers,
    );
  }

  remove(bucket: string, key: string): void {
    this.store.run('delete from object where bucket = ? and key = ?', bucket, key);
  }

  isUsed(file: string): boolean {
    return this.store.get('select 1 from object where file = ?', file) !== undefined;
  }
}
