/** What can be asked, and how it is written: the same text on the command line and over HTTP. */
import { parseCpuSequence } from '../base/cpu-list.ts';
import { type KernelProfile, PROFILE_NAMES, profileNamed } from '../model/kernel-profile.ts';
import { RequestError } from './request-error.ts';

/** One change; several are asked in order, each on the state that the last one left. */
export type FitsChange =
  | { readonly kind: 'offline'; readonly cpus: readonly number[] }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'hibernate' }
  | { readonly kind: 'smt-off' }
  | { readonly kind: 'online'; readonly cpus: readonly number[] }
  | { readonly kind: 'isolate'; readonly cpus: readonly number[] }
  | AddChange
  | VfsChange
  | { readonly kind: 'remove'; readonly device: string }
  | { readonly kind: 'pin'; readonly irqs: readonly number[]; readonly cpus: readonly number[] }
  | { readonly kind: 'upgrade'; readonly profile: KernelProfile };

export interface AddChange {
  readonly kind: 'add';
  /** Of the catalogue. */
  readonly driver: string;
  readonly count: number;
  readonly queues: number | undefined;
  readonly node: number | undefined;
}

export interface VfsChange {
  readonly kind: 'vfs';
  /** PCI address of the physical function. */
  readonly device: string;
  readonly count: number;
}

/** More devices than this are not tried. */
export const MOST_DEVICES = 2048;

/** The option of the command line that asks for it. */
export function optionOf(kind: FitsChange['kind']): string {
  return kind === 'smt-off' ? '--smt' : `--${kind}`;
}

const PLAIN = ['suspend', 'hibernate'] as const;

/**
 * `value` as after the option: `3,2,1`, `off`, `nvme=4x16@1`, `0000:03:00.0=8`, `24-31=0-3`, `6.12`.
 * @throws RequestError one line: what is wrong, what was expected
 */
export function parseChange(kind: FitsChange['kind'], value = ''): FitsChange {
  const option = optionOf(kind);
  for (const plain of PLAIN) {
    if (kind !== plain) continue;
    if (value !== '') throw new RequestError(`takes no value, found "${clipped(value)}"`, option);
    return { kind: plain };
  }
  switch (kind) {
    case 'smt-off':
      if (value !== '' && value !== 'off')
        throw new RequestError(`expected off, found "${clipped(value)}"`, option);
      return { kind };
    case 'offline':
    case 'online':
    case 'isolate':
      return { kind, cpus: cpusOf(value, option) };
    case 'add':
      return addOf(value, option);
    case 'vfs': {
      const [, address = '', count = ''] =
        /^([^=]*)=(\d{1,5})$/.exec(value) ?? fail(option, 'BDF=N such as 0000:03:00.0=8', value);
      return { kind, device: addressOf(address, option), count: countOf(count, 0, option) };
    }
    case 'remove':
      return { kind, device: addressOf(value, option) };
    case 'pin': {
      const [, irqs = '', cpus = ''] =
        /^([^=]*)=([^=]*)$/.exec(value) ?? fail(option, 'IRQS=CPUS such as 24-31=0-3', value);
      return { kind, irqs: irqsOf(irqs, option), cpus: cpusOf(cpus, option) };
    }
    case 'upgrade': {
      const profile = profileNamed(value);
      if (profile === undefined) {
        fail(option, `a kernel from ${PROFILE_NAMES[0]} to ${PROFILE_NAMES.at(-1)}, or newest`, value);
      }
      return { kind, profile };
    }
    default:
      throw new RequestError(`there is no change "${clipped(kind)}"`);
  }
}

function addOf(value: string, option: string): AddChange {
  const [, driver = '', count = '', queues, node] =
    /^([\w-]+)=(\d{1,5})(?:x(\d{1,5}))?(?:@(\d{1,4}))?$/.exec(value) ??
    fail(option, 'DRIVER=N, DRIVER=NxQUEUES or either with @NODE, such as nvme=4x16@1', value);
  return {
    kind: 'add',
    driver,
    count: countOf(count, 1, option),
    queues: queues === undefined ? undefined : Number(queues),
    node: node === undefined ? undefined : Number(node),
  };
}

function countOf(text: string, least: number, option: string): number {
  const count = Number(text);
  if (count < least || count > MOST_DEVICES) fail(option, `${least} to ${MOST_DEVICES} devices`, text);
  return count;
}

/** `03:00.0` is in domain 0. */
function addressOf(text: string, option: string): string {
  const [, domain = '0000', rest = ''] =
    /^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}:[01][0-9a-f]\.[0-7])$/.exec(text.toLowerCase()) ??
    fail(option, 'a PCI address such as 0000:03:00.0', text);
  return `${domain}:${rest}`;
}

function cpusOf(text: string, option: string): number[] {
  const cpus = parseCpuSequence(text);
  if (!cpus.ok) return fail(option, cpus.error.expected, cpus.error.text);
  if (cpus.value.length === 0) throw new RequestError('expected a CPU list like 3,2,1 or 4-7', option);
  return cpus.value;
}

const MOST_IRQS = 65_536;

function irqsOf(text: string, option: string): number[] {
  const irqs = new Set<number>();
  for (const part of text.split(',')) {
    const [, first = '', last = first] =
      /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part) ?? fail(option, 'interrupt numbers like 24-31,40', part);
    if (Number(last) < Number(first) || Number(last) - Number(first) + irqs.size >= MOST_IRQS) {
      fail(option, `a range whose end is not below its start, and up to ${MOST_IRQS} interrupts`, part);
    }
    for (let irq = Number(first); irq <= Number(last); irq++) irqs.add(irq);
  }
  return [...irqs];
}

function fail(option: string, expected: string, found: string): never {
  const what = found.trim() === '' ? '' : `, found "${clipped(found)}"`;
  throw new RequestError(`expected ${expected}${what}`, option);
}

/** Characters of what was written that a message repeats. */
const MOST_QUOTED = 40;

function clipped(text: string): string {
  return text.length <= MOST_QUOTED ? text : `${text.slice(0, MOST_QUOTED - 1)}…`;
}
