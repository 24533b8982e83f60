import type { WatchEvent, WatchSample } from '../../format/watch.ts';
import { ParseError } from '../../parse/parse-error.ts';
import { Watcher, type WatchSource } from '../../query/watch/watcher.ts';
import { type Style, styleFor } from '../render/style.ts';
import { type Line, pageOf, renderWatch } from '../render/watch.ts';
import { Pacer } from './pacer.ts';
import { Screen } from './screen.ts';
import type { Terminal } from './terminal.ts';
import { FIRST_VIEW, keysOf, pressed, type View } from './view.ts';

/** Rates of single tenths of a second would flicker. */
const WINDOW_MS = 1000;
const MOST_LOGGED = 500;
/** A CPU that comes or goes may tear a reading; one reading after the other is something else. */
const MOST_TORN = 10;

/** CPU time of the process in milliseconds, its garbage collection included. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Looks again and again, at its own pace. */
export class Looking {
  readonly #watcher: Watcher;
  readonly #pacer: Pacer;
  #torn = 0;
  #changed = false;

  constructor(source: WatchSource, intervalMs: number, windowMs: number) {
    const begin = cpuMs();
    this.#watcher = new Watcher(source, windowMs, Date.now());
    this.#pacer = new Pacer(intervalMs, Date.now(), cpuMs() - begin);
  }

  get everyMs(): number {
    return this.#pacer.everyMs;
  }

  /** Undefined where what was read did not hold together. */
  look(): WatchSample | undefined {
    const now = Date.now();
    if (this.#pacer.refreshIsDue(now, this.#changed)) {
      const begin = cpuMs();
      this.#tolerant(() => this.#watcher.refresh(now));
      this.#pacer.refreshed(now, cpuMs() - begin);
      this.#changed = false;
    }
    const sample = this.#tolerant(() => this.#watcher.sample(now));
    if (sample !== undefined && sample.events.length > 0) this.#changed = true;
    return sample;
  }

  /** What a look and its picture took of the CPU. */
  took(ms: number): void {
    this.#pacer.sampled(ms);
  }

  #tolerant<T>(read: () => T): T | undefined {
    try {
      const value = read();
      this.#torn = 0;
      return value;
    } catch (error) {
      if (!(error instanceof ParseError) || ++this.#torn > MOST_TORN) throw error;
      return undefined;
    }
  }
}

/** The live view, until the user or a signal ends it. */
export class Session {
  readonly #looking: Looking;
  readonly #terminal: Terminal;
  readonly #style: Style;
  readonly #screen = new Screen();
  #view: View = FIRST_VIEW;
  #sample: WatchSample | undefined;
  #log: readonly WatchEvent[] = [];
  /** While paused the picture is of these. */
  #shown: { readonly sample: WatchSample; readonly log: readonly WatchEvent[] } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #finish: (error?: unknown) => void = () => undefined;

  constructor(source: WatchSource, intervalMs: number, terminal: Terminal, color: boolean) {
    this.#looking = new Looking(source, intervalMs, WINDOW_MS);
    this.#terminal = terminal;
    this.#style = styleFor(color);
  }

  run(stopped: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#finish = (error) => {
        this.#ended = true;
        clearTimeout(this.#timer);
        this.#terminal.leave();
        if (error === undefined) resolve();
        else reject(error);
      };
      stopped.addEventListener('abort', () => this.#finish());
      this.#terminal.enter();
      this.#terminal.onKeys((data) => this.#guarded(() => this.#hear(data)));
      this.#terminal.onResize(() => this.#guarded(() => this.#redraw()));
      process.on('SIGCONT', () => this.#guarded(() => this.#resume()));
      if (stopped.aborted) this.#finish();
      else this.#guarded(() => this.#tick());
    });
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#finish(error);
    }
  }

  #tick(): void {
    if (this.#ended) return;
    const [begin, beginCpu] = [Date.now(), cpuMs()];
    const sample = this.#looking.look();
    if (sample !== undefined) {
      this.#sample = sample;
      if (sample.events.length > 0) this.#log = [...this.#log, ...sample.events].slice(-MOST_LOGGED);
      if (!this.#view.paused) this.#draw();
    }
    this.#looking.took(cpuMs() - beginCpu);
    const rest = Math.max(0, this.#looking.everyMs - (Date.now() - begin));
    this.#timer = setTimeout(() => this.#guarded(() => this.#tick()), rest);
  }

  #hear(data: string): void {
    for (const key of keysOf(data)) {
      const { view, command } = pressed(this.#view, key, pageOf(this.#terminal));
      this.#view = view;
      if (command === 'quit' || command === 'suspend') {
        if (command === 'quit') this.#finish();
        else this.#suspend();
        return;
      }
      if (command === 'redraw') this.#terminal.write(this.#screen.clear());
    }
    this.#draw();
  }

  #redraw(): void {
    this.#terminal.write(this.#screen.clear());
    this.#draw();
  }

  #draw(): void {
    const { paused } = this.#view;
    if (this.#sample === undefined) return;
    if (!paused || this.#shown === undefined) this.#shown = { sample: this.#sample, log: this.#log };
    const { sample, log } = this.#shown;
    const lines = renderWatch(sample, this.#view, log, this.#terminal);
    this.#terminal.write(this.#screen.draw(lines.map((line) => painted(line, this.#style))));
  }

  /** Ctrl-Z: raw mode sends it as a key. */
  #suspend(): void {
    clearTimeout(this.#timer);
    this.#terminal.leave();
    process.kill(process.pid, 'SIGSTOP');
    // Continued. Without anything to wait for the process would end before it hears SIGCONT.
    this.#timer = setTimeout(() => this.#guarded(() => this.#resume()), 0);
  }

  #resume(): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#terminal.enter();
    this.#screen.clear();
    this.#tick();
  }
}

export function painted({ text, tone }: Line, style: Style): string {
  return tone === undefined ? text : style[tone](text);
}
