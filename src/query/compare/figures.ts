/** What is counted of a machine at one moment, whoever gives out its vectors. */
import { formatNumberList } from '../../base/number-list.ts';
import type { ComparedCpu, ComparedFigures } from '../../format/compare.ts';
import type { Kernel } from '../../model/kernel.ts';

/** An interrupt with a handler, at the one place where the hardware sends it. */
interface Placed {
  readonly irq: number;
  readonly cpu: number;
  readonly vector: number;
  readonly managed: boolean;
}

/** Interrupts with a handler and a vector on a CPU that is online. */
export function placed(kernel: Kernel): Placed[] {
  return kernel.descs().flatMap(({ irq, data, actions, managed }) => {
    const works = actions > 0 && data !== undefined && data.vector !== 0 && kernel.online.has(data.cpu);
    return works ? [{ irq, cpu: data.cpu, vector: data.vector, managed }] : [];
  });
}

export function figuresOf(kernel: Kernel): ComparedFigures {
  const { matrix, online } = kernel;
  let vectors = 0;
  let setAside = 0;
  let fullest = { cpu: online.first ?? 0, vectors: 0 };
  for (const cpu of online) {
    const taken = matrix.allocatedBits(cpu).length;
    vectors += taken;
    setAside += matrix.managedBits(cpu).filter((bit) => !matrix.isAllocated(cpu, bit)).length;
    if (taken > fullest.vectors) fullest = { cpu, vectors: taken };
  }
  const inUse = placed(kernel).length;
  return {
    vectors,
    wasted: vectors - inUse,
    reserved: matrix.globalReserved,
    setAside,
    inUse,
    fullest,
    imbalance: vectors === 0 ? 1 : round((fullest.vectors * online.size) / vectors),
  };
}

const HUNDREDTHS = 100;

function round(n: number): number {
  return Math.round(n * HUNDREDTHS) / HUNDREDTHS;
}

/** For a picture: every possible CPU, and what its vectors are used for. */
export function mapOf(kernel: Kernel): ComparedCpu[] {
  const users = new Map<number, Map<number, Placed>>();
  for (const one of placed(kernel)) {
    const ofCpu = users.get(one.cpu) ?? new Map<number, Placed>();
    users.set(one.cpu, ofCpu.set(one.vector, one));
  }
  return [...kernel.possible].map((cpu) => {
    const isOnline = kernel.online.has(cpu);
    const taken = isOnline ? kernel.matrix.allocatedBits(cpu) : [];
    const list = (wanted: boolean | undefined): string =>
      formatNumberList(taken.filter((vector) => users.get(cpu)?.get(vector)?.managed === wanted));
    return { cpu, online: isOnline, moving: list(false), managed: list(true), wasted: list(undefined) };
  });
}
