/** What a capture of the lab must show: irqspace's answers, given in the guest, beside what the kernel then did. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Fits, FitsStep } from '../../src/format/fits.ts';
import type { ReplayAnswer } from '../../src/format/replay.ts';
import type { Report } from '../../src/format/report.ts';
import { type TracePoint, tracePoints } from './kernel-trace.ts';
import type { Asked, StoryLine, Wrote } from './story.ts';

/** One thing that holds or does not; `shows` are the figures, for people. */
export interface Finding {
  readonly claim: string;
  readonly holds: boolean;
  readonly shows: string;
}

/** A capture of this lab, read. */
export interface LabCapture {
  readonly folder: string;
  /** The repository, for its built program. */
  readonly root: string;
  readonly story: readonly StoryLine[];
  readonly points: readonly TracePoint[];
  /** The migration's kprobe could be set: what a dying CPU gives away is in the trace. */
  readonly seesDying: boolean;
}

export type Check = (capture: LabCapture) => Finding[];

export function readLabCapture(folder: string, root: string): LabCapture {
  const lines = readFileSync(join(folder, 'story.jsonl'), 'utf8').trimEnd().split('\n');
  return {
    folder,
    root,
    story: lines.map((line): StoryLine => JSON.parse(line)),
    points: tracePoints(gunzipSync(readFileSync(join(folder, 'trace.txt.gz'))).toString('latin1')),
    seesDying: /^ok p:lab\/k_update /m.test(readFileSync(join(folder, 'kprobes.txt'), 'utf8')),
  };
}

/** The script came to its end, and every question was answered. */
export const isWhole: Check = ({ story }) => {
  const asked = story.filter((line) => line.kind === 'asked');
  const unanswered = asked.filter(({ code, answer }) => code > 1 || answer === undefined);
  const ended = story.at(-1)?.kind === 'ended';
  const first = unanswered[0];
  return [
    {
      claim: 'irqspace answers in the guest, and the script comes to its end',
      holds: ended && asked.length > 0 && first === undefined,
      shows: `${asked.length - unanswered.length} of ${asked.length} answers${
        first === undefined ? '' : `; ${first.args.join(' ')}: ${first.complaint}`
      }${ended ? '' : '; the script was cut short'}`,
    },
  ];
};

/** `fits --offline N`, asked right before the write of `cpuN/online`: the verdict, the message and the moves. */
export const fitsIsRight: Check = ({ story, points, seesDying }) => {
  const wrong: string[] = [];
  let refusals = 0;
  let withNumbers = 0;
  let moves = 0;
  const offlines = offlinesOf(story);
  for (const { step, write } of offlines) {
    const accepted = write.result === 'OK';
    if (step.fits !== accepted) wrong.push(`CPU ${step.cpu}: predicted ${step.fits}, kernel ${write.result}`);
    if (!accepted) {
      refusals++;
      const said = write.log.find((line) => line.includes('Cannot disable CPU')) ?? '';
      if (step.message !== undefined && said.endsWith(step.message)) withNumbers++;
      else if (step.message !== undefined || !isWithin(said, step)) {
        wrong.push(`CPU ${step.cpu}: predicted ${foretold(step)}, kernel "${said}"`);
      }
    } else if (seesDying) {
      const given = points.find(({ text }) => text === `res write ${write.path} 0 -> OK`)?.given ?? [];
      const kernel = given.map(({ irq, to }) => `${irq}>${to}`);
      const model = step.moves.map(({ irq, to }) => `${irq}>${to}`);
      moves += kernel.length;
      if (kernel.join() !== model.join()) {
        wrong.push(`CPU ${step.cpu}: predicted moves ${model.join()}, kernel ${kernel.join()}`);
      }
    }
  }
  const right = offlines.length - new Set(wrong.map((text) => text.split(':')[0])).size;
  return [
    {
      claim: 'fits agrees with the kernel: verdict, message, and every move in order',
      holds: offlines.length > 0 && wrong.length === 0,
      shows: [
        `${right} of ${offlines.length} CPUs, ${refusals} refused, ${withNumbers} of them with the kernel's very numbers`,
        seesDying ? `${moves} moves` : 'moves not seen on this kernel',
        ...wrong,
      ].join('; '),
    },
  ];
};

/**
 * The refusal's numbers lie within the bounds. A CPU that an overloaded host held up looks as if it had been
 * offline: irqspace then gives bounds and no message (docs/limits.md).
 */
export function isWithin(said: string, { needed, available }: FitsStep): boolean {
  const [, has, left] = /has (\d+) vectors, (\d+) available/.exec(said) ?? [];
  return has !== undefined && left !== undefined && contains(needed, has) && contains(available, left);
}

function contains({ min, max }: { readonly min: number; readonly max: number }, found: string): boolean {
  return Number(found) >= min && Number(found) <= max;
}

export function foretold({ message, needed, available }: FitsStep): string {
  if (message !== undefined) return `"${message}"`;
  return `${needed.min}..${needed.max} of ${available.min}..${available.max}`;
}

/** Each write of 0 to a CPU's `online`, with the single-step prediction asked for before it. */
function offlinesOf(story: readonly StoryLine[]): { step: FitsStep; write: Wrote }[] {
  return story.flatMap((line, at) => {
    if (line.kind !== 'wrote' || line.value !== '0') return [];
    const cpu = /cpu(\d+)\/online$/.exec(line.path)?.[1];
    const asked = story.slice(0, at).findLast((earlier) => earlier.kind === 'asked');
    if (cpu === undefined || asked?.args.join(' ') !== `fits --offline ${cpu}`) return [];
    const step = (asked.answer as Fits).steps[0];
    return step === undefined ? [] : [{ step, write: line }];
  });
}

/** `report`: each CPU's counters within what it says, and no wider than its doubts; each interrupt's CPU. */
export const reportIsRight: Check = (capture) => {
  const wrong: string[] = [];
  let compared = 0;
  let exact = 0;
  for (const { report, point } of reportsOf(capture)) {
    for (const [cpu, kernel] of point.counters) {
      const row = report.cpus.find((candidate) => candidate.cpu === cpu);
      for (const name of ['available', 'allocated', 'managed'] as const) {
        const figure = row?.[name];
        compared++;
        if (figure === undefined || kernel[name] < figure.min || kernel[name] > figure.max) {
          wrong.push(`CPU ${cpu} ${name}: ${figure?.min}..${figure?.max}, kernel ${kernel[name]}`);
        } else if (figure.min === figure.max) exact++;
      }
    }
  }
  return [
    {
      claim: "report's figures are the kernel's own counters, as its trace prints them",
      holds: compared > 0 && wrong.length === 0 && exact > 0,
      shows: [`${compared - wrong.length} of ${compared} figures, ${exact} of them exact`, ...wrong].join(
        '; ',
      ),
    },
  ];
};

/** Each report with the point of the trace where it was asked for; both are in order. */
function reportsOf({ story, points }: LabCapture): { report: Report; point: TracePoint }[] {
  const asked = story.filter((line): line is Asked => line.kind === 'asked');
  const marks = points.filter(({ text }) => text.startsWith('mark asked '));
  return asked.flatMap(({ args, answer }, at) => {
    const point = marks[at];
    return args[0] === 'report' && point !== undefined ? [{ report: answer as Report, point }] : [];
  });
}

/**
 * With remapping a write moves at once or is refused: a CPU takes exactly as many interrupts as report says
 * are available there.
 */
export const fillsUpAsReported: Check = ({ story }) => {
  const pins = story.flatMap((line, at) => {
    const cpu = line.kind === 'placed' ? /^before-pin(\d+)$/.exec(line.name)?.[1] : undefined;
    const report = story[at + 1];
    const end = story.findIndex((other) => other.kind === 'placed' && other.name === `after-pin${cpu}`);
    const after = story[end];
    if (line.kind !== 'placed' || after?.kind !== 'placed' || report?.kind !== 'asked') return [];
    const writes = story.slice(at, end).filter((other) => other.kind === 'wrote');
    const row = (report.answer as Report).cpus.find((candidate) => candidate.cpu === Number(cpu));
    const came = Object.keys(after.cpuOf).filter(
      (irq) => after.cpuOf[irq] === cpu && line.cpuOf[irq] !== cpu,
    );
    return [
      { cpu, row, came: came.length, refused: writes.filter(({ result }) => result === 'ENOSPC').length },
    ];
  });
  return [
    {
      claim: 'a CPU takes as many interrupts as report says are available, and refuses the next',
      holds:
        pins.length > 0 &&
        pins.every(
          ({ row, came, refused }) =>
            row !== undefined && contains(row.available, String(came)) && refused > 0,
        ),
      shows: pins
        .map(
          ({ cpu, row, came, refused }) =>
            `CPU ${cpu}: ${row?.available.min}..${row?.available.max} available, ${came} came, ${refused} refused`,
        )
        .join('; '),
    },
  ];
};

/** The whole boot through the model, by the built program, as anybody would. */
export const replaysWithoutDivergence: Check = ({ folder, root }) => {
  const program = join(root, 'dist', 'cli', 'main.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'replay', folder, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return [
    {
      claim: 'irqspace replays the new capture without a divergence',
      holds: status === 0,
      shows: stdout === '' ? stderr.trim() : replayFigures(JSON.parse(stdout)),
    },
  ];
};

function replayFigures(answer: ReplayAnswer): string {
  const { predicted, decisions, checkedCounters, checkedSnapshots, checkedWrites, divergences } = answer;
  return [
    `${predicted} of ${decisions} decisions predicted`,
    `${checkedCounters} counters, ${checkedSnapshots} snapshots and ${checkedWrites} writes compared`,
    ...divergences.slice(0, 5).map((divergence) => JSON.stringify(divergence)),
  ].join('; ');
}
