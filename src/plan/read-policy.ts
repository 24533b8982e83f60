/** Somebody else's configuration as a goal: told by its content, and checked against the machine. */
import { parseCpuList } from '../base/cpu-list.ts';
import { CpuSet } from '../base/cpu-set.ts';
import { formatNumberList } from '../base/number-list.ts';
import type { MachineState } from '../model/machine-state.ts';
import { parseIrqbalanceConfig } from '../parse/irqbalance-config.ts';
import { parseIrqbalancePolicy } from '../parse/irqbalance-policy.ts';
import { failAt } from '../parse/text-lines.ts';
import { parseTunedProfile, type TunedSection } from '../parse/tuned-profile.ts';
import type { IrqPolicy, IrqRule } from './irq-policy.ts';

/** @throws ParseError where it is none of the three, or says what cannot be followed */
export function readPolicy(text: string, file: string, machine: MachineState): IrqPolicy {
  const first = text.split('\n').find((line) => line.trim() !== '' && !/^\s*#(?!!)/.test(line)) ?? '';
  if (first.startsWith('#!')) return fromScript(text, file, machine);
  if (first.trim().startsWith('[')) return fromTuned(text, file, machine);
  return fromConfig(text, file);
}

function fromConfig(text: string, file: string): IrqPolicy {
  const { bannedCpus, bannedIrqs, otherArgs } = parseIrqbalanceConfig(text, file);
  return {
    source: 'irqbalance configuration',
    asks: { kind: 'ban', cpus: bannedCpus ?? new CpuSet() },
    bannedIrqs: new Set(bannedIrqs),
    remarks: [
      ...(bannedCpus === undefined ? ['it bans no CPU'] : []),
      ...(otherArgs.length === 0 ? [] : [`not followed: ${otherArgs.join(' ')}`]),
    ],
  };
}

function fromScript(text: string, file: string, { nodes }: MachineState): IrqPolicy {
  const banned = new Set<number>();
  const rules: IrqRule[] = [];
  const remarks = new Set<string>();
  for (const { irqs, key, value } of parseIrqbalancePolicy(text, file)) {
    if (key === 'ban' && value === 'true' && irqs !== undefined) for (const irq of irqs) banned.add(irq);
    else if (key === 'numa_node' && /^\d+$/.test(value)) {
      const cpus = nodes.find(({ node }) => node === Number(value))?.cpus;
      if (cpus === undefined || cpus.isEmpty) remarks.add(`there is no node ${value} with CPUs here`);
      else {
        const of = irqs === undefined ? undefined : new Set(irqs);
        rules.push({ from: `numa_node=${value} of the script`, irqs: of, cpus, mode: 'set' });
      }
    } else if (key !== 'ban' || value !== 'false') remarks.add(`not followed: ${key}=${value}`);
  }
  return {
    source: 'irqbalance policy script',
    asks: { kind: 'masks', rules },
    bannedIrqs: banned,
    remarks: [...remarks],
  };
}

function fromTuned(text: string, file: string, machine: MachineState): IrqPolicy {
  const sections = parseTunedProfile(text, file).filter(({ type }) => type === 'irq');
  const [first] = sections;
  if (first === undefined) {
    return {
      source: 'tuned profile',
      asks: { kind: 'masks', rules: [] },
      bannedIrqs: new Set(),
      remarks: ['the profile has no [irq] section'],
    };
  }
  const remarks: string[] = [];
  const rules = sections.flatMap((section) => ruleOf(section, machine, remarks) ?? []);
  return {
    source: 'tuned profile',
    // An instance without devices takes those that no other one names.
    asks: {
      kind: 'masks',
      rules: [...rules.filter(({ irqs }) => irqs), ...rules.filter(({ irqs }) => !irqs)],
    },
    bannedIrqs: new Set(),
    remarks,
  };
}

/** Undefined where the section asks for nothing: an empty affinity deactivates it. */
function ruleOf(
  { name, options }: TunedSection,
  machine: MachineState,
  remarks: string[],
): IrqRule | undefined {
  const affinity = options.get('affinity');
  if (affinity === undefined || affinity.value.trim() === '') {
    remarks.push(`[${name}] has no affinity, and so does nothing`);
    return undefined;
  }
  const cpus = parseCpuList(affinity.value);
  if (!cpus.ok)
    failAt(affinity.line, 'affinity= with a CPU list like 0-3,8; variables of tuned are not known here');
  const mode = options.get('mode');
  if (mode !== undefined && mode.value !== 'set' && mode.value !== 'intersect') {
    failAt(mode.line, 'mode=set or mode=intersect');
  }
  const devices = options.get('devices');
  const irqs = devices === undefined ? undefined : devicesOf(devices.value.split(/[\s,;]+/), machine);
  if (irqs === null) failAt(devices?.line ?? affinity.line, 'devices like irq16,irq2*');
  const gone = [...(irqs ?? [])].filter((irq) => !machine.irqs.some((known) => known.irq === irq));
  if (gone.length > 0) remarks.push(`[${name}] names IRQ ${formatNumberList(gone)}, which is not here`);
  return {
    from: `[${name}]`,
    irqs,
    cpus: cpus.value,
    mode: mode?.value === 'intersect' ? 'intersect' : 'set',
  };
}

/** `irq16`, `irq2*`; null where a word is something else. DEFAULT is default_smp_affinity, no interrupt. */
function devicesOf(words: readonly string[], { irqs }: MachineState): Set<number> | null | undefined {
  const found = new Set<number>();
  for (const word of words.filter((one) => one !== '' && one !== 'DEFAULT')) {
    if (word === '*' || word === 'irq*') return undefined;
    const [, digits, star] = /^irq(\d{1,9})(\*?)$/.exec(word) ?? [];
    if (digits === undefined) return null;
    if (star === '') found.add(Number(digits));
    else for (const { irq } of irqs) if (String(irq).startsWith(digits)) found.add(irq);
  }
  return found;
}
