import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Told of a write to an affinity mask, before it is made and after. */
export interface WriteLog {
  before(path: string, value: string): void;
  after(path: string, value: string, result: string): void;
}

/**
 * From now on every mask that this process writes is told: a replay needs the place of each write among the kernel's
 * events, and `irqspace apply` knows nothing of the lab. Returns what ends it.
 */
export function logMaskWrites(log: WriteLog): () => void {
  const { openSync, writeSync } = fs;
  const paths = new Map<number, string>();
  fs.openSync = (path, ...rest) => {
    const fd = openSync(path, ...rest);
    if (/^\/proc\/irq\/\d+\/smp_affinity(?:_list)?$/.test(String(path))) paths.set(fd, String(path));
    else paths.delete(fd);
    return fd;
  };
  const logged = (fd: number, data: string | NodeJS.ArrayBufferView, ...rest: unknown[]): number => {
    const write = (): number => Reflect.apply(writeSync, fs, [fd, data, ...rest]);
    const path = paths.get(fd);
    if (path === undefined) return write();
    const value = (
      typeof data === 'string' ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()
    ).trim();
    log.before(path, value);
    try {
      const written = write();
      log.after(path, value, 'OK');
      return written;
    } catch (error) {
      log.after(path, value, error instanceof Error && 'code' in error ? String(error.code) : String(error));
      throw error;
    }
  };
  fs.writeSync = logged;
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, { openSync, writeSync });
    syncBuiltinESMExports();
  };
}
