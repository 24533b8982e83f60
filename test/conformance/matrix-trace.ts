import { CpuSet } from '../../src/base/cpu-set.ts';
import { formatNumberList } from '../../src/base/number-list.ts';
import { Matrix } from '../../src/model/matrix.ts';
import { CallRecorder, compare, compareGlobals, INDEXED, profileOfLog } from './call.ts';
import { listOf } from './cpu-lists.ts';
import type { LogRun } from './kinds.ts';
import { arrayOf, type Difference, integerOf, type LogLine, MalformedLine, textOf } from './log-line.ts';

/** What one call did, beside the state it left. */
interface Done {
  /** Undefined: the call has no result. */
  readonly ret: number | undefined;
  /** Whether the line has to tell the CPU that was chosen. */
  readonly chooses: boolean;
  /** CPUs that the call changed or could have changed: `c` has to show them. */
  readonly touched: CpuSet;
}

const NO_CPUS = new CpuSet();
const COUNTERS = ['available', 'allocated', 'managed', 'managed_allocated'] as const;

/** A log with header `trace:"irq_matrix"` (golden/oracle/README.md). */
export class MatrixTraceRun implements LogRun {
  readonly first: readonly Difference[];
  readonly #matrix: Matrix;
  readonly #recorder = new CallRecorder();

  constructor(header: LogLine) {
    header.ignore('trace', 'class', 'seed');
    const version = header.integer('v');
    if (version !== 1) throw new MalformedLine(`version ${version} of the format is not known`);
    this.#matrix = new Matrix(
      profileOfLog(header),
      {
        cpuCount: header.integer('nr_cpus'),
        matrixBits: header.integer('matrix_bits'),
        allocStart: header.integer('alloc_start'),
        allocEnd: header.integer('alloc_end'),
      },
      INDEXED,
    );
    this.#matrix.observer = this.#recorder;
    this.first = header.unknownFields();
  }

  step(line: LogLine): Difference[] {
    const differences: Difference[] = [];
    if (line.peek('op') === 'dump') {
      line.ignore('op');
      this.#compareDump(differences, line);
    } else {
      const done = this.#call(line);
      if (done.ret !== undefined) compare(differences, 'ret', line.integer('ret'), done.ret);
      if (done.chooses) this.#compareChosen(differences, line, done.ret ?? 0);
      compare(differences, 'warn', line.count('warn'), this.#recorder.warnings);
      compare(differences, 'resv_warn', line.count('resv_warn'), this.#recorder.reservationWarnings);
      compare(differences, 'bug', line.count('bug'), this.#recorder.bug);
      this.#compareCounters(differences, line, done.touched);
    }
    compareGlobals(differences, line, this.#matrix);
    differences.push(...line.unknownFields());
    return differences;
  }

  #call(line: LogLine): Done {
    const matrix = this.#matrix;
    const op = line.text('op');
    const run = (call: () => number | undefined): number => this.#recorder.run(call);
    const onCpu = (key: string, call: (cpu: number) => void): Done => {
      const cpu = line.integer(key);
      run(() => {
        call(cpu);
        return undefined;
      });
      return { ret: undefined, chooses: false, touched: CpuSet.of(cpu) };
    };
    const query = (call: () => number): Done => ({ ret: run(call), chooses: false, touched: NO_CPUS });
    const allocation = (call: () => number): Done => {
      const ret = run(call);
      return { ret, chooses: true, touched: ret >= 0 ? CpuSet.of(matrix.lastCpu) : NO_CPUS };
    };
    switch (op) {
      case 'assign_system': {
        const bit = line.integer('bit');
        const replace = line.flag('replace');
        return onCpu('at', (cpu) => matrix.assignSystem(cpu, bit, replace));
      }
      case 'online':
        return onCpu('at', (cpu) => matrix.online(cpu));
      case 'offline':
        return onCpu('at', (cpu) => matrix.offline(cpu));
      case 'assign': {
        const bit = line.integer('bit');
        return onCpu('at', (cpu) => matrix.assign(cpu, bit));
      }
      case 'free': {
        const bit = line.integer('bit');
        const managed = line.flag('managed');
        return onCpu('cpu', (cpu) => matrix.free(cpu, bit, managed));
      }
      case 'reserve':
      case 'remove_reserved':
        run(() => {
          if (op === 'reserve') matrix.reserve();
          else matrix.removeReserved();
          return undefined;
        });
        return { ret: undefined, chooses: false, touched: NO_CPUS };
      case 'alloc': {
        const mask = listOf(line.text('mask'), 'mask');
        const reserved = line.flag('reserved');
        return allocation(() => matrix.alloc(mask, reserved));
      }
      case 'alloc_managed': {
        const mask = listOf(line.text('mask'), 'mask');
        return allocation(() => matrix.allocManaged(mask));
      }
      case 'reserve_managed': {
        const mask = listOf(line.text('mask'), 'mask');
        return { ret: run(() => matrix.reserveManaged(mask)), chooses: false, touched: mask };
      }
      case 'remove_managed': {
        const mask = listOf(line.text('mask'), 'mask');
        run(() => {
          matrix.removeManaged(mask);
          return undefined;
        });
        return { ret: undefined, chooses: false, touched: mask };
      }
      case 'available': {
        const at = line.integer('at');
        const cpudown = line.flag('cpudown');
        return query(() => matrix.available(at, cpudown));
      }
      case 'allocated': {
        const at = line.integer('at');
        return query(() => matrix.allocated(at));
      }
      case 'reserved':
        return query(() => matrix.reserved());
      default:
        throw new MalformedLine(`unknown op "${op}"`);
    }
  }

  /** `cpu` is there if, and only if, the allocation succeeded. */
  #compareChosen(differences: Difference[], line: LogLine, ret: number): void {
    const expected = line.has('cpu') ? line.integer('cpu') : undefined;
    const got = ret >= 0 ? this.#matrix.lastCpu : undefined;
    if (expected !== got) {
      differences.push({ field: 'cpu', expected: String(expected ?? 'none'), got: String(got ?? 'none') });
    }
  }

  #compareCounters(differences: Difference[], line: LogLine, touched: CpuSet): void {
    const shown = new CpuSet();
    for (const [at, group] of (line.has('c') ? line.array('c') : []).entries()) {
      const values = arrayOf(group, `c[${at}]`);
      if (values.length !== 5) throw new MalformedLine(`c[${at}] has ${values.length} entries, not 5`);
      for (const cpu of listOf(textOf(values[0], `c[${at}][0]`), `c[${at}][0]`)) {
        shown.add(cpu);
        this.#compareCpu(differences, `c[${cpu}]`, cpu, values);
      }
    }
    const due = touched.and(CpuSet.span(0, this.#matrix.shape.cpuCount - 1));
    if (!due.isSubsetOf(shown)) {
      throw new MalformedLine(`c shows CPUs "${shown}", but the call concerns "${due}"`);
    }
  }

  #compareCpu(differences: Difference[], name: string, cpu: number, values: readonly unknown[]): void {
    const { maps } = this.#matrix;
    if (cpu >= this.#matrix.shape.cpuCount) throw new MalformedLine(`${name}: there is no CPU ${cpu}`);
    const got = [maps.available[cpu], maps.allocated[cpu], maps.managed[cpu], maps.managedAllocated[cpu]];
    for (const [at, counter] of COUNTERS.entries()) {
      compare(
        differences,
        `${name}.${counter}`,
        integerOf(values[at + 1], `${name}.${counter}`),
        got[at] ?? 0,
      );
    }
  }

  #compareDump(differences: Difference[], line: LogLine): void {
    const matrix = this.#matrix;
    const bits = (field: string, expected: string, got: readonly number[]): void => {
      const text = formatNumberList(listOf(expected, field));
      if (text !== formatNumberList(got)) {
        differences.push({ field, expected: text, got: formatNumberList(got) });
      }
    };
    bits('system', line.text('system'), matrix.systemBits());
    const shown = new CpuSet();
    for (const [at, group] of line.array('cpus').entries()) {
      const values = arrayOf(group, `cpus[${at}]`);
      if (values.length !== 9) throw new MalformedLine(`cpus[${at}] has ${values.length} entries, not 9`);
      const text = (index: number): string => textOf(values[index], `cpus[${at}][${index}]`);
      for (const cpu of listOf(text(0), `cpus[${at}][0]`)) {
        const name = `cpus[${cpu}]`;
        if (shown.has(cpu)) throw new MalformedLine(`${name} is there twice`);
        shown.add(cpu);
        this.#compareCpu(differences, name, cpu, values);
        const flag = (field: string, index: number, got: number | undefined): void =>
          compare(differences, `${name}.${field}`, integerOf(values[index], `${name}.${field}`), got ?? 0);
        flag('initialized', 5, matrix.maps.initialized[cpu]);
        flag('online', 6, matrix.maps.online[cpu]);
        bits(`${name}.allocated bits`, text(7), matrix.allocatedBits(cpu));
        bits(`${name}.managed bits`, text(8), matrix.managedBits(cpu));
      }
    }
    if (shown.size !== matrix.shape.cpuCount) {
      throw new MalformedLine(`the dump shows ${shown.size} of ${matrix.shape.cpuCount} CPUs`);
    }
  }
}
