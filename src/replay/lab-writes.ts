import type { Kernel } from '../model/kernel.ts';

const IRQ_FILE = /^\/proc\/irq\/(\d+)\/(smp_affinity|smp_affinity_list)$/;
const DEFAULT_FILE = '/proc/irq/default_smp_affinity';
const CPU_FILE = /^\/sys\/devices\/system\/cpu\/cpu(\d+)\/online$/;
/** Driver work: what of it concerns vectors shows in the trace, and nothing of the model refuses it. */
const DRIVER_FILE =
  /^\/sys\/bus\/pci\/(?:drivers\/[^/]+\/(?:un)?bind|drivers_probe|devices\/[^/]+\/(?:sriov_numvfs|driver\/unbind|driver_override))$|^\/sys\/power\/pm_test$/;

/** The writes of a scenario, and what the model answers to them: 0 or a negative errno. */
export class LabWrites {
  readonly #kernel: Kernel;
  readonly #results = new Map<string, number>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  isModelled(path: string): boolean {
    return IRQ_FILE.test(path) || path === DEFAULT_FILE || CPU_FILE.test(path) || DRIVER_FILE.test(path);
  }

  /** Carries a write out; a CPU's comes by `settle`, and by the trace where it comes up. */
  write(path: string, value: string): void {
    const irqFile = IRQ_FILE.exec(path);
    if (irqFile !== null) {
      const irq = Number(irqFile[1]);
      const list = irqFile[2] === 'smp_affinity_list';
      this.#results.set(
        path,
        list ? this.#kernel.writeSmpAffinityList(irq, value) : this.#kernel.writeSmpAffinity(irq, value),
      );
    } else if (path === DEFAULT_FILE) {
      this.#results.set(path, this.#kernel.writeDefaultSmpAffinity(value));
    } else {
      this.#results.set(path, 0);
    }
  }

  /** What a write came to that was carried out elsewhere. */
  settle(path: string, ret: number): void {
    this.#results.set(path, ret);
  }

  /** The answer to the last write of `path`, once; undefined where the model has none. */
  result(path: string): number | undefined {
    const ret = this.#results.get(path);
    this.#results.delete(path);
    return ret;
  }
}
