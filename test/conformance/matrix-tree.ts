import { Matrix } from '../../src/model/matrix.ts';
import { CallRecorder, compare, compareGlobals, INDEXED, profileOfLog } from './call.ts';
import { maskOf } from './cpu-lists.ts';
import type { LogRun } from './kinds.ts';
import { arrayOf, type Difference, integerOf, type LogLine, MalformedLine } from './log-line.ts';

const COUNTERS = ['available', 'allocated', 'managed', 'managed_allocated', 'online'] as const;

/** A log that begins with `op:"init"` and `kernel` (golden/trees/README.md). */
export class MatrixTreeRun implements LogRun {
  readonly first: readonly Difference[];
  readonly #matrix: Matrix;
  readonly #recorder = new CallRecorder();

  constructor(init: LogLine) {
    init.ignore('op');
    const allocEnd = init.integer('end');
    this.#matrix = new Matrix(
      profileOfLog(init),
      {
        cpuCount: init.integer('ncpu'),
        // The log does not say; x86 has 256, and its system bits lie beyond the small windows.
        matrixBits: Math.max(256, allocEnd),
        allocStart: init.integer('start'),
        allocEnd,
      },
      INDEXED,
    );
    this.#matrix.observer = this.#recorder;
    this.first = this.#compareState(init);
  }

  step(line: LogLine): Difference[] {
    const differences: Difference[] = [];
    this.#call(line, differences);
    // 1 says that a warning condition was met, not how often.
    const warn = line.count('warn');
    const warned = this.#recorder.warnings;
    compare(differences, 'warn', warn, warn === 1 ? Math.min(1, warned) : warned);
    compare(differences, 'pr_warn', line.count('pr_warn'), this.#recorder.reservationWarnings);
    compare(differences, 'bug', line.count('bug'), this.#recorder.bug);
    return [...differences, ...this.#compareState(line)];
  }

  #call(line: LogLine, differences: Difference[]): void {
    const matrix = this.#matrix;
    const op = line.text('op');
    const run = (call: () => number): number => this.#recorder.run(call);
    const act = (call: () => void): void => {
      this.#recorder.run(() => {
        call();
        return undefined;
      });
    };
    const mask = () => maskOf(line.integer('mask'), 'mask');
    const allocation = (call: () => number): void => {
      const ret = run(call);
      compare(differences, 'ret', line.integer('ret'), ret);
      compare(differences, 'cpu', line.integer('cpu'), matrix.lastCpu);
    };
    switch (op) {
      case 'assign_system': {
        const bit = line.integer('bit');
        act(() => matrix.assignSystem(0, bit, false));
        break;
      }
      case 'online': {
        const cpu = line.integer('cpu');
        act(() => matrix.online(cpu));
        break;
      }
      case 'offline': {
        const cpu = line.integer('cpu');
        act(() => matrix.offline(cpu));
        break;
      }
      case 'assign': {
        const cpu = line.integer('cpu');
        const bit = line.integer('bit');
        act(() => matrix.assign(cpu, bit));
        break;
      }
      case 'reserve':
        act(() => matrix.reserve());
        break;
      case 'remove_reserved':
        act(() => matrix.removeReserved());
        break;
      case 'alloc': {
        const cpus = mask();
        const reserved = line.flag('reserved');
        allocation(() => matrix.alloc(cpus, reserved));
        break;
      }
      case 'free': {
        const cpu = line.integer('cpu');
        const bit = line.integer('bit');
        const managed = line.flag('managed');
        act(() => matrix.free(cpu, bit, managed));
        break;
      }
      case 'reserve_managed': {
        const cpus = mask();
        const ret = run(() => matrix.reserveManaged(cpus));
        compare(differences, 'ret', line.integer('ret'), ret);
        break;
      }
      case 'remove_managed': {
        const cpus = mask();
        act(() => matrix.removeManaged(cpus));
        break;
      }
      case 'alloc_managed': {
        if (line.has('cpu_arg')) {
          // 4.15 and 4.16 are handed one CPU.
          const cpu = line.integer('cpu_arg');
          allocation(() => matrix.allocManagedOn(cpu));
          break;
        }
        const cpus = mask();
        allocation(() => matrix.allocManaged(cpus));
        break;
      }
      case 'query':
        this.#query(line, differences);
        break;
      default:
        throw new MalformedLine(`unknown op "${op}"`);
    }
  }

  #query(line: LogLine, differences: Difference[]): void {
    const matrix = this.#matrix;
    const cpu = line.integer('cpu');
    const query = (field: string, call: () => number): void =>
      compare(differences, field, line.integer(field), this.#recorder.run(call));
    query('available', () => matrix.available(cpu, false));
    query('available_cpudown', () => matrix.available(cpu, true));
    query('reserved', () => matrix.reserved());
    query('allocated', () => matrix.allocated(cpu));
  }

  /** `g` and `c`, and last of all what nobody asked for. */
  #compareState(line: LogLine): Difference[] {
    const differences: Difference[] = [];
    const { maps, shape, profile } = this.#matrix;
    compareGlobals(differences, line, this.#matrix);
    const cpus = line.array('c');
    if (cpus.length !== shape.cpuCount) {
      throw new MalformedLine(`c shows ${cpus.length} of ${shape.cpuCount} CPUs`);
    }
    for (const [cpu, entry] of cpus.entries()) {
      const values = arrayOf(entry, `c[${cpu}]`);
      if (values.length !== 5) throw new MalformedLine(`c[${cpu}] has ${values.length} figures, not 5`);
      const got = [
        maps.available[cpu],
        maps.allocated[cpu],
        maps.managed[cpu],
        profile.countsManagedAllocated ? maps.managedAllocated[cpu] : -1,
        maps.online[cpu],
      ];
      for (const [at, counter] of COUNTERS.entries()) {
        const field = `c[${cpu}].${counter}`;
        compare(differences, field, integerOf(values[at], field), got[at] ?? 0);
      }
    }
    differences.push(...line.unknownFields());
    return differences;
  }
}
