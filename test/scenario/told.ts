/**
 * What a description cannot know of one boot, and its trace shows: whose work queue ran when, when other CPUs had
 * cleaned up, which interrupts came. `told/CAPTURE.json` has it, beside the description in `machines/` without it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scenario } from '../../src/format/scenario.ts';

/** Which of it. */
export type Cause = 'turns' | 'clean-ups' | 'arrivals';

export const CAUSES: readonly Cause[] = ['turns', 'clean-ups', 'arrivals'];

interface Told {
  /** The description: `small`. */
  readonly scenario: string;
  /** In place of the described one. */
  readonly kernel?: string;
  readonly told: readonly ToldStep[];
}

/** About every step that is so: `probe nvme0, nvme1`, `link-up`, `cpu-offline 1`. */
interface ToldStep {
  readonly at: string;
  readonly turns?: readonly (readonly [device: string, count: number])[];
  readonly cleanUpsAfter?: readonly number[];
  readonly before?: readonly Arrival[];
  readonly after?: readonly Arrival[];
}

/** All interrupts of a device, or the one of its n-th message. */
type Arrival = readonly [device: string, message?: number];

/** A scenario as it stands in its file, for what is changed of it. */
export type Written = Pick<Scenario, 'machine' | 'steps'>;

/** The description that a capture is compared with, and what was read off its trace. */
export function toldOf(capture: string, scenario: string): { readonly alone: Written; readonly told: Told } {
  const file = join(import.meta.dirname, 'told', `${capture}.json`);
  const told: Told = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { scenario, told: [] };
  return { alone: described(told.scenario, told.kernel), told };
}

function described(scenario: string, kernel: string | undefined): Written {
  const path = join(import.meta.dirname, 'machines', `${scenario}.json`);
  const alone: Written = JSON.parse(readFileSync(path, 'utf8'));
  return kernel === undefined ? alone : { ...alone, machine: { ...alone.machine, kernel } };
}

/**
 * The description with what is told of these causes.
 * @throws Error: something is told of a step that is not there
 */
export function withTold(alone: Written, { told }: Told, causes: readonly Cause[]): Written {
  const labels = new Set(alone.steps.map(labelOf));
  const lost = told.find(({ at }) => !labels.has(at));
  if (lost !== undefined) throw new Error(`no step ${lost.at}`);
  const steps = alone.steps.flatMap((step) => {
    const about = told.find(({ at }) => at === labelOf(step));
    if (about === undefined) return [step];
    const { turns, cleanUpsAfter, before, after } = about;
    const arrivals = (these: readonly Arrival[] = []): object[] =>
      causes.includes('arrivals')
        ? these.map(([device, message]) => ({ do: 'arrive', device, message }))
        : [];
    const more = {
      ...(turns !== undefined && causes.includes('turns') ? { turns } : {}),
      ...(cleanUpsAfter !== undefined && causes.includes('clean-ups') ? { cleanUpsAfter } : {}),
    };
    return [...arrivals(before), { ...step, ...more }, ...arrivals(after)];
  });
  return { ...alone, steps } as Written;
}

function labelOf(step: Written['steps'][number]): string {
  const { together, device, cpus } = step as { together?: string[]; device?: string; cpus?: string };
  return [step.do, together?.join(', '), device, cpus].filter((part) => part !== undefined).join(' ');
}
