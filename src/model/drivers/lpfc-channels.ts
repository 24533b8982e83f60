/**
 * How many interrupts lpfc wants and where it pins them, from the maker of the CPUs, their topology and the module's
 * options (`lpfc_irq_chann_init()`, `lpfc_cpumask_irq_mode_init()` in lpfc_attr.c, `lpfc_sli4_read_config()` in
 * lpfc_init.c; drivers/scsi/lpfc, 6.1).
 */
import { CpuSet } from '../../base/cpu-set.ts';
import type { DriverDevice } from './driver.ts';

/** Of the CPUs. */
export const MAKER = { other: 0, intel: 1, amd: 2 } as const;
/** `lpfc_use_msi`, `intr_mode`. */
export const INTR = { line: 0, msi: 1, msix: 2 } as const;
/** Queues for other things than I/O. */
const OTHER_QUEUES = 4;

export interface LpfcChannels {
  /** `cfg_irq_chann`. */
  channels: number;
  /** `irq_aff_mask`: the CPUs to pin to, in order; empty where the kernel spreads, managed. */
  readonly pinTo: readonly number[];
}

export function lpfcChannels(device: DriverDevice): LpfcChannels {
  const option = device.parameter('lpfc_irq_chann');
  const queueOption = device.parameter('lpfc_hdw_queue');
  const usesMsix = device.parameter('lpfc_use_msi') === INTR.msix;
  const byDefault = usesMsix && option === 0 && queueOption === 0;
  const maker = byDefault ? device.parameter('cpuMaker') : MAKER.other;
  const pinTo = pinTargets(device, maker);
  const cpus = device.present.size;
  const queues = queueOption || (maker === MAKER.intel ? pinTo.length : cpus);
  const wanted = pinTo.length || (usesMsix ? option : 0) || cpus;
  const most = device.parameter('queues') - OTHER_QUEUES;
  return { channels: Math.min(wanted, queues, cpus, most), pinTo };
}

/** On AMD the CPUs of its node, on Intel the first thread of each core. */
function pinTargets(device: DriverDevice, maker: number): number[] {
  const { online, fn, siblings } = device;
  if (maker === MAKER.amd) return fn.node < 0 ? [] : [...device.cpusOfNode(fn.node).and(online)];
  if (maker !== MAKER.intel) return [];
  let others = new CpuSet();
  for (const group of siblings) {
    const { first } = group.and(online);
    others = others.or(first === undefined ? group : group.andNot(CpuSet.of(first)));
  }
  return [...online.andNot(others)];
}

/** `lpfc_next_online_cpu()`: of the list, from `from` on and around; undefined where none is online. */
export function nextOnline(list: readonly number[], from: number, online: CpuSet): number | undefined {
  const behind = list.filter((cpu) => cpu >= from);
  return [...behind, ...list].find((cpu) => online.has(cpu));
}
