/** A bar on standard error while long work goes on; nothing where that is no terminal. */
const WIDTH = 30;
/** Shorter work needs none. */
const FIRST_MS = 500;
const EVERY_MS = 100;

export interface Progress {
  show(done: number, of: number): void;
  /** Takes the bar away. */
  end(): void;
}

export function progressOn(
  stream: { readonly isTTY?: boolean; write(text: string): unknown } = process.stderr,
  now: () => number = Date.now,
): Progress {
  if (stream.isTTY !== true) return { show: () => undefined, end: () => undefined };
  const start = now();
  let shown: number | undefined;
  return {
    show: (done, of) => {
      const time = now();
      if (time - start < FIRST_MS || (shown !== undefined && time - shown < EVERY_MS)) return;
      shown = time;
      stream.write(`\r${bar(done, of, time - start)}`);
    },
    end: () => {
      if (shown !== undefined) stream.write('\r\u001b[K');
    },
  };
}

/** `[#####.....] 50 %, 3 s left`. */
export function bar(done: number, of: number, ms: number): string {
  const part = of === 0 ? 1 : done / of;
  const filled = Math.floor(part * WIDTH);
  const left = part === 0 ? '' : `, ${Math.ceil((ms / part - ms) / 1000)} s left`;
  const cells = `${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}`;
  return `[${cells}] ${Math.floor(part * 100)} %${left}`.padEnd(WIDTH + 24);
}
