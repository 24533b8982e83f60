import { CpuSet } from '../base/cpu-set.ts';
import { parseCpuListText, parseCpuMaskText } from '../parse/cpu-text.ts';
import { parseDebugfsVector } from '../parse/debugfs-vector.ts';
import { parseProcCmdline } from '../parse/proc-cmdline.ts';
import { parseProcCpuinfo } from '../parse/proc-cpuinfo.ts';
import { type ProcInterrupts, parseProcInterrupts } from '../parse/proc-interrupts.ts';
import { parseProcStat } from '../parse/proc-stat.ts';
import { parseProcUptime } from '../parse/proc-uptime.ts';
import { type ProcVersion, parseProcVersion, parseVersionSignature } from '../parse/proc-version.ts';
import type { FileTree } from './file-tree.ts';
import type { Observation, ObservedCpus, ObservedNode } from './observation.ts';
import { observeIa32Emulation } from './observe-build.ts';
import { observeDevices } from './observe-devices.ts';
import { observeIrqs } from './observe-irqs.ts';
import { readParsed, readSettled } from './tree-reader.ts';

const SYS_CPU = 'sys/devices/system/cpu';
const SYS_NODE = 'sys/devices/system/node';
const VECTOR = 'sys/kernel/debug/irq/domains/VECTOR';

/**
 * Everything that can be seen of a machine. Any file may be absent; one that is there but is not what the
 * kernel writes throws its ParseError.
 */
export function observeTree(tree: FileTree): Observation {
  const version = observeVersion(tree);
  const interrupts = readSettled(tree, () => readInterrupts(tree));
  const cpus = observeCpus(tree, interrupts);
  const cpuCount = cpus.possible?.last === undefined ? undefined : cpus.possible.last + 1;
  const cmdline = readParsed(tree, 'proc/cmdline', (text) => parseProcCmdline(text, cpuCount));
  const devices = observeDevices(tree);
  const irqs = observeIrqs(tree, interrupts, cpus, devices);
  return {
    source: tree.source,
    live: tree.live,
    version,
    cmdline,
    cpus,
    nodes: observeNodes(tree),
    defaultAffinity: readParsed(tree, 'proc/irq/default_smp_affinity', parseCpuMaskText),
    interrupts,
    irqs,
    devices,
    vectorDomain: readSettled(
      tree,
      () => readParsed(tree, VECTOR, parseDebugfsVector),
      (dump) => dump?.torn === true,
    ),
    ia32Emulation: observeIa32Emulation(tree, version?.release, cmdline),
    fred: readParsed(tree, 'proc/cpuinfo', parseProcCpuinfo)?.fred,
    stat: readParsed(tree, 'proc/stat', parseProcStat),
    uptimeS: readParsed(tree, 'proc/uptime', parseProcUptime),
    hasSysKernelIrq: tree.list('sys/kernel/irq').length > 0,
    hasProcIrq: tree.list('proc/irq').length > 0,
    hasPci: devices.length > 0,
    // Last: reading is what fills it.
    denied: [...tree.denied],
  };
}

function readInterrupts(tree: FileTree): ProcInterrupts | undefined {
  const bytes = tree.readBytes('proc/interrupts');
  return bytes === undefined || bytes.length === 0 ? undefined : parseProcInterrupts(bytes);
}

/** /proc/version, or its parts where only /proc/sys was collected; Ubuntu's stable level stands elsewhere. */
function observeVersion(tree: FileTree): ProcVersion | undefined {
  const version =
    readParsed(tree, 'proc/version', parseProcVersion) ??
    readParsed(tree, 'proc/sys/kernel/osrelease', (text, file) => {
      const build = tree.readText('proc/sys/kernel/version') ?? '';
      return parseProcVersion(`Linux version ${text.trim()} ${build.trim()}`, file);
    });
  if (version?.distribution !== 'ubuntu') return version;
  const upstream = readParsed(tree, 'proc/version_signature', parseVersionSignature);
  return upstream === undefined ? version : { ...version, version: upstream };
}

/** /sys/devices/system/cpu; the columns of /proc/interrupts are the online CPUs too. */
function observeCpus(tree: FileTree, interrupts: ProcInterrupts | undefined): ObservedCpus {
  const online = readParsed(tree, `${SYS_CPU}/online`, parseCpuListText);
  return {
    online: online ?? (interrupts === undefined ? undefined : CpuSet.from(interrupts.cpus)),
    possible: readParsed(tree, `${SYS_CPU}/possible`, parseCpuListText),
    present: readParsed(tree, `${SYS_CPU}/present`, parseCpuListText),
  };
}

/** Nodes in ascending order; one without CPUs (memory only) has an empty set. */
function observeNodes(tree: FileTree): ObservedNode[] {
  const nodes: ObservedNode[] = [];
  for (const name of tree.list(SYS_NODE)) {
    const node = /^node(\d{1,6})$/.exec(name)?.[1];
    const text = node === undefined ? undefined : tree.readText(`${SYS_NODE}/${name}/cpulist`);
    if (text === undefined) continue;
    nodes.push({ node: Number(node), cpus: parseCpuListText(text, `${SYS_NODE}/${name}/cpulist`) });
  }
  return nodes.sort((a, b) => a.node - b.node);
}
