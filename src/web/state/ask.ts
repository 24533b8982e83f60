/** The question of the what-if box: changes in order, as the address and the server's API write them. Pure. */
import { parseCpuSequence } from '../../base/cpu-list.ts';
import type { Fits } from '../../format/fits.ts';

export type ChangeKind = Fits['changes'][number]['change'];

export interface AskedChange {
  readonly kind: ChangeKind;
  /** As behind the option of `irqspace fits`; empty where the kind takes none. */
  readonly value: string;
}

export interface Question {
  /** At least one. */
  readonly changes: readonly AskedChange[];
  /** How many devices of the last change that brings some fit at most. */
  readonly max: boolean;
}

/** Undefined: nothing is asked. */
export type Ask = Question | undefined;

/** What a kind's value is, and how it is asked for. */
export interface KindWords {
  /** In the list of changes. */
  readonly option: string;
  /** Of the box; undefined: it takes no value. */
  readonly label: string | undefined;
  readonly example: string;
}

export const KINDS: Readonly<Record<ChangeKind, KindWords>> = {
  offline: { option: 'CPUs go offline', label: 'CPUs go offline, in this order', example: '3,2' },
  online: { option: 'CPUs come online', label: 'CPUs come online', example: '4-7' },
  'smt-off': { option: 'SMT is switched off', label: undefined, example: '' },
  isolate: { option: 'CPUs are isolated', label: 'CPUs that interrupts leave', example: '2-7' },
  add: { option: 'Devices come', label: 'Driver, number, queues, node', example: 'nvme=4x16@1' },
  vfs: {
    option: 'Virtual functions come',
    label: 'Virtual functions of a device',
    example: '0000:03:00.0=8',
  },
  remove: { option: 'A device goes', label: 'Device', example: '0000:03:00.0' },
  pin: { option: 'Interrupts are pinned', label: 'Interrupts and their CPUs', example: '24-31=0-3' },
  upgrade: { option: 'Another kernel is booted', label: 'Kernel (comes first)', example: '6.12' },
  suspend: { option: 'Suspend', label: undefined, example: '' },
  hibernate: { option: 'Hibernation', label: undefined, example: '' },
};

export function isKind(text: string): text is ChangeKind {
  return Object.hasOwn(KINDS, text);
}

/** One of them makes devices come: it can be asked how many at most. */
export function bringsDevices({ changes }: Question): boolean {
  return changes.some(({ kind }) => kind === 'add' || kind === 'vfs');
}

/** CPUs as people type them: white space separates as a comma does, and never joins digits. */
export function tidyCpus(text: string): string {
  return text.trim().replace(/\s*,\s*|\s+/g, ',');
}

const OF_CPUS: ReadonlySet<ChangeKind> = new Set(['offline', 'online', 'isolate']);

/** Without blanks that mean nothing; undefined where a value is wanted and there is none. */
export function tidyChange(kind: ChangeKind, text: string): AskedChange | undefined {
  if (KINDS[kind].label === undefined) return { kind, value: '' };
  const value = OF_CPUS.has(kind) ? tidyCpus(text) : text.replace(/\s+/g, '');
  return value === '' ? undefined : { kind, value };
}

/** `add:nvme=4x16`, `suspend`. */
export function changeText({ kind, value }: AskedChange): string {
  return value === '' ? kind : `${kind}:${value}`;
}

function changeOf(text: string): AskedChange | undefined {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  return isKind(kind) ? tidyChange(kind, colon < 0 ? '' : text.slice(colon + 1)) : undefined;
}

/** What is wrong with a CPU list; undefined: nothing that can be seen without the machine. */
export function problemOf(ask: Ask): string | undefined {
  for (const { kind, value } of ask?.changes ?? []) {
    const parsed = OF_CPUS.has(kind) ? parseCpuSequence(value) : undefined;
    if (parsed?.ok === false) return `“${parsed.error.text}”: expected ${parsed.error.expected}`;
  }
  return undefined;
}

/** Where the server answers it. */
export function askPath({ changes, max }: Question): string {
  const query = new URLSearchParams(changes.map((change) => ['do', changeText(change)]));
  if (max) query.set('max', 'true');
  return `api/fits?${query}`;
}

/** One list of CPUs, or suspend, has a short form of its own. */
export function writeAsk(ask: Ask, into: URLSearchParams): void {
  if (ask === undefined) return;
  const [first, ...more] = ask.changes;
  if (more.length === 0 && first?.kind === 'offline') into.set('offline', first.value);
  else if (more.length === 0 && first?.kind === 'suspend') into.set('suspend', '1');
  else for (const change of ask.changes) into.append('do', changeText(change));
  if (ask.max) into.set('max', '1');
}

/** What is not understood is left out. */
export function readAsk(given: URLSearchParams): Ask {
  const listed = given.getAll('do').flatMap((text) => changeOf(text) ?? []);
  const offline = tidyChange('offline', given.get('offline') ?? '');
  const suspend = given.get('suspend') === '1' ? tidyChange('suspend', '') : undefined;
  const changes = listed.length > 0 ? listed : [offline ?? suspend ?? []].flat();
  if (changes.length === 0) return undefined;
  const question = { changes, max: false };
  return { changes, max: given.get('max') === '1' && bringsDevices(question) };
}
