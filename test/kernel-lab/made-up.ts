/** Captures that are made up, for the tests of the checks. */
import type { Check, LabCapture } from './checks.ts';
import type { TracePoint } from './kernel-trace.ts';
import type { StoryLine } from './story.ts';

export function asked(command: string, answer: unknown, code = 0): StoryLine {
  return { kind: 'asked', args: command.split(' '), code, answer, complaint: '' };
}

export function wrote(path: string, value: string, result: string, ...log: readonly string[]): StoryLine {
  return { kind: 'wrote', path, value, result, log };
}

export function placed(
  name: string,
  cpuOf: Readonly<Record<string, string>>,
  masks: Readonly<Record<string, string>> = {},
): StoryLine {
  return { kind: 'placed', name, cpuOf, masks };
}

export function point(text: string, also: Partial<TracePoint> = {}): TracePoint {
  return { text, counters: new Map(), given: [], refusals: [], ...also };
}

export function madeUp(story: readonly StoryLine[], points: readonly TracePoint[] = []): LabCapture {
  return { folder: '', root: '', story, points, seesDying: true };
}

export function holds(check: Check, capture: LabCapture): boolean {
  return check(capture).every((finding) => finding.holds);
}

export const figure = (min: number, max = min): { min: number; max: number } => ({ min, max });
