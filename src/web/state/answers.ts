import { batch, computed, effect, signal } from '@preact/signals';
import type { Explain } from '../../format/explain.ts';
import type { Fits } from '../../format/fits.ts';
import type { Report } from '../../format/report.ts';
import { buildOccupancy } from '../../query/occupancy.ts';
import { ask } from './api.ts';
import { askPath, problemOf } from './ask.ts';
import { listDevices } from './devices.ts';
import { view } from './view.ts';

export const REFRESH_MS = 2000;

export const report = signal<Report | undefined>(undefined);
/** Undefined on a machine without x86 vectors: there is nothing to fit. */
export const hibernate = signal<Fits | undefined>(undefined);
/** When the shown answers were given. */
export const answeredAt = signal<Date | undefined>(undefined);
export const isAsking = signal(false);
/** Why the last refresh failed; the older answers stay on the page. */
export const failure = signal<string | undefined>(undefined);

export const devices = computed(() => (report.value === undefined ? [] : listDevices(report.value)));
export const occupancy = computed(() =>
  report.value === undefined ? undefined : buildOccupancy(report.value),
);
export const selectedIrq = computed(() => report.value?.irqs.find((irq) => irq.irq === view.value.irq));

export async function refresh(): Promise<void> {
  if (isAsking.value) return;
  isAsking.value = true;
  try {
    const nextReport = await ask<Report>('api/report', 'report');
    const nextFits = hasVectors(nextReport)
      ? await ask<Fits>('api/fits?change=hibernate', 'fits')
      : undefined;
    batch(() => {
      report.value = nextReport;
      hibernate.value = nextFits;
      answeredAt.value = new Date();
      failure.value = undefined;
    });
  } catch (error) {
    failure.value = messageOf(error);
  } finally {
    isAsking.value = false;
  }
}

/** False on another architecture, or where nothing shows one. */
export function hasVectors({ cpus }: Report): boolean {
  return cpus.some((cpu) => cpu.capacity.max > 0);
}

/** Every 2 s while it is switched on and somebody can see the page. */
export function refreshAutomatically(): void {
  const isAuto = computed(() => view.value.auto);
  effect(() => {
    if (!isAuto.value) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) void refresh();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  });
}

/** An answer that follows a question in the view: the newest question wins. */
export interface Followed<T> {
  readonly answer: T | undefined;
  readonly failure: string | undefined;
  readonly isAsking: boolean;
}

const NOTHING = { answer: undefined, failure: undefined, isAsking: false };

export const explanation = signal<Followed<Explain>>(NOTHING);
export const whatIf = signal<Followed<Fits>>(NOTHING);

const explainPath = computed(() =>
  selectedIrq.value === undefined ? undefined : `api/explain/${selectedIrq.value.irq}`,
);
const whatIfPath = computed(() => {
  const question = view.value.ask;
  return question === undefined || problemOf(question) !== undefined ? undefined : askPath(question);
});

export function followQuestions(): void {
  follow<Explain>(explainPath, 'explain', explanation);
  follow<Fits>(whatIfPath, 'fits', whatIf);
}

function follow<T extends { readonly kind: string; readonly version: number }>(
  path: { readonly value: string | undefined },
  kind: T['kind'],
  into: { value: Followed<T>; peek(): Followed<T> },
): void {
  let asked: string | undefined;
  effect(() => {
    const question = path.value;
    // Asked after the report, and again after each refresh: it never contradicts the rest of the page.
    if (question === undefined || answeredAt.value === undefined) {
      into.value = NOTHING;
      asked = undefined;
      return undefined;
    }
    const abort = new AbortController();
    const isSame = question === asked;
    asked = question;
    into.value = { answer: isSame ? into.peek().answer : undefined, failure: undefined, isAsking: true };
    ask<T>(question, kind, abort.signal).then(
      (answer) => {
        into.value = { answer, failure: undefined, isAsking: false };
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        into.value = { answer: undefined, failure: messageOf(error), isAsking: false };
      },
    );
    return () => abort.abort();
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
