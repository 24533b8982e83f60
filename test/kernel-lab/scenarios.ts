import { changesAreRight } from './change-checks.ts';
import {
  type Check,
  fillsUpAsReported,
  fitsIsRight,
  isWhole,
  replaysWithoutDivergence,
  reportIsRight,
} from './checks.ts';
import { besideIrqbalance, refusedBeside } from './irqbalance-check.ts';
import { BALANCED, BUSY, BUSY8, CROWDED, type Machine, NUMA16, type Series, SMALL } from './machines.ts';
import {
  drainedCpusGo,
  plansAreAccepted,
  plansAreStable,
  plansComeTrue,
  rollbackRestores,
  shortageIsTrue,
} from './plan-checks.ts';
import { sequenceIsRight } from './sequence-check.ts';
import { watchSeesMoves } from './watch-check.ts';

export interface Scenario {
  /** What it shows, for `npm run lab` without a name. */
  readonly says: string;
  readonly machine: Machine;
  readonly series: Series;
  /** Of guest/scripts.ts. */
  readonly script: string;
  /** Debian packages whose program the script runs. */
  readonly programs?: readonly string[];
  /** For the script, on a busy machine. */
  readonly seconds: number;
  readonly checks: readonly Check[];
}

const ALWAYS: readonly Check[] = [
  isWhole,
  reportIsRight,
  fitsIsRight,
  sequenceIsRight,
  replaysWithoutDivergence,
];

/** Without fits: only a drain has CPUs go. */
const PLANS: readonly Check[] = [
  isWhole,
  reportIsRight,
  plansAreAccepted,
  plansComeTrue,
  plansAreStable,
  drainedCpusGo,
  refusedBeside,
  replaysWithoutDivergence,
];

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  small: {
    says: '4 CPUs, no remapping: each CPU offline and online again',
    machine: SMALL,
    series: '6.1',
    script: 'offlineEach',
    seconds: 300,
    checks: ALWAYS,
  },
  smallir: {
    says: 'the same with interrupt remapping',
    machine: { ...SMALL, remapping: 'xapic' },
    series: '6.1',
    script: 'offlineEach',
    seconds: 300,
    checks: ALWAYS,
  },
  exhaustir: {
    says: '4 CPUs, remapping, 468 movable interrupts: CPUs full to the last vector, offlines refused',
    machine: { ...CROWDED, remapping: 'xapic' },
    series: '6.1',
    script: 'exhaust',
    seconds: 400,
    checks: [...ALWAYS, fillsUpAsReported],
  },
  plan: {
    says: '4 CPUs, no remapping: plans for five goals, applied; then irqbalance',
    machine: SMALL,
    series: '6.1',
    script: 'planGoals',
    programs: ['irqbalance'],
    seconds: 600,
    checks: PLANS,
  },
  planir: {
    says: 'the same with interrupt remapping',
    machine: { ...SMALL, remapping: 'xapic' },
    series: '6.1',
    script: 'planGoals',
    programs: ['irqbalance'],
    seconds: 600,
    checks: PLANS,
  },
  planbusy: {
    says: '4 CPUs, no remapping, ten network devices that packets reach: the same',
    machine: BUSY,
    series: '6.12',
    script: 'planGoals',
    programs: ['irqbalance'],
    seconds: 600,
    checks: PLANS,
  },
  plancrowd: {
    says: '4 CPUs, no remapping, 468 movable interrupts: the same',
    machine: CROWDED,
    series: '5.10',
    script: 'planGoals',
    programs: ['irqbalance'],
    seconds: 900,
    checks: PLANS,
  },
  plancrowdir: {
    says: 'the same with interrupt remapping',
    machine: { ...CROWDED, remapping: 'xapic' },
    series: '6.1',
    script: 'planGoals',
    programs: ['irqbalance'],
    seconds: 900,
    checks: PLANS,
  },
  planfull: {
    says: '4 CPUs, no remapping, two of them full to the last vector: plans for four goals; then irqbalance',
    machine: CROWDED,
    series: '6.12',
    script: 'planFull',
    programs: ['irqbalance'],
    seconds: 900,
    checks: PLANS,
  },
  planfullir: {
    says: 'the same with interrupt remapping',
    machine: { ...CROWDED, remapping: 'xapic' },
    series: '6.1',
    script: 'planFull',
    programs: ['irqbalance'],
    seconds: 900,
    checks: PLANS,
  },
  plan8: {
    says: '8 CPUs in 2 nodes, no remapping: plans for five goals; then irqbalance',
    machine: BUSY8,
    series: '6.1',
    script: 'planEight',
    programs: ['irqbalance'],
    seconds: 900,
    checks: PLANS,
  },
  plan8ir: {
    says: '8 CPUs in 2 nodes, remapping, about 500 interrupts: the same',
    machine: { ...BALANCED, remapping: 'xapic' },
    series: '6.12',
    script: 'planEight',
    programs: ['irqbalance'],
    seconds: 1200,
    checks: PLANS,
  },
  plan16: {
    says: '16 CPUs in 4 nodes, no remapping: plans for four goals; then irqbalance',
    machine: NUMA16,
    series: '5.10',
    script: 'planSixteen',
    programs: ['irqbalance'],
    seconds: 1500,
    checks: PLANS,
  },
  plan16ir: {
    says: 'the same with x2APIC and remapping',
    machine: { ...NUMA16, remapping: 'x2apic' },
    series: '7.2',
    script: 'planSixteen',
    programs: ['irqbalance'],
    seconds: 1500,
    checks: PLANS,
  },
  toomanyir: {
    says: '4 CPUs, remapping, 468 movable interrupts: more than two CPUs hold',
    machine: { ...CROWDED, remapping: 'xapic' },
    series: '6.1',
    script: 'tooMany',
    seconds: 400,
    checks: [isWhole, reportIsRight, shortageIsTrue, replaysWithoutDivergence],
  },
  watchir: {
    says: '4 CPUs, remapping, 468 movable interrupts: pinned to one CPU until it is full, and watched',
    machine: { ...CROWDED, remapping: 'xapic' },
    series: '6.1',
    script: 'watchMoves',
    seconds: 400,
    checks: [isWhole, watchSeesMoves],
  },
  changesir: {
    says: '4 CPUs, remapping: 50 generated changes, each asked before it is made',
    machine: { ...SMALL, remapping: 'xapic' },
    series: '6.1',
    script: 'generatedChanges',
    seconds: 1200,
    checks: [isWhole, reportIsRight, changesAreRight, replaysWithoutDivergence],
  },
  irqbalanceir: {
    says: '8 CPUs, remapping, about 500 interrupts: irqbalance within fewer and fewer CPUs, then irqspace',
    machine: { ...BALANCED, remapping: 'xapic' },
    series: '6.1',
    script: 'besideIrqbalance',
    programs: ['irqbalance'],
    seconds: 900,
    checks: [isWhole, besideIrqbalance],
  },
  killir: {
    says: '4 CPUs, remapping: apply killed at each of its writes, rolled back',
    machine: { ...SMALL, remapping: 'xapic' },
    series: '6.1',
    script: 'killApply',
    seconds: 1200,
    checks: [isWhole, rollbackRestores],
  },
  numa16ir: {
    says: '16 CPUs in 4 nodes, remapping with x2APIC: CPUs 1 to 15 offline',
    machine: { ...NUMA16, remapping: 'x2apic' },
    series: '6.1',
    script: 'offlineEach',
    seconds: 900,
    checks: ALWAYS,
  },
};

/** What CI runs: within six minutes. */
export const IN_CI: readonly string[] = ['small', 'smallir', 'exhaustir'];
