import { type Ask, readAsk, writeAsk } from './ask.ts';

/**
 * What the user is looking at, all of it, as the part of the address behind `#`: a link or a reload shows the
 * same. Defaults are left out, so a plain address is the plain view.
 */
export interface ViewState {
  readonly irq: number | undefined;
  /** The key of a device (see devices.ts). */
  readonly device: string | undefined;
  readonly rows: RowOrder;
  readonly theme: Theme;
  /** Ask again every 2 s. */
  readonly auto: boolean;
  readonly ask: Ask;
  /** The text of the device filter. */
  readonly filter: string;
  readonly sort: SortKey;
  readonly descending: boolean;
}

/** `node`: under NUMA headings; `number`: one list; `fullest`: the CPU with the least room first. */
export type RowOrder = 'node' | 'number' | 'fullest';
export type Theme = 'system' | 'light' | 'dark';
export type SortKey = 'device' | 'driver' | 'irqs' | 'requested' | 'reserved' | 'managed' | 'cpus' | 'count';

const ROW_ORDERS: readonly RowOrder[] = ['node', 'number', 'fullest'];
const THEMES: readonly Theme[] = ['system', 'light', 'dark'];
const SORT_KEYS: readonly SortKey[] = [
  'device',
  'driver',
  'irqs',
  'requested',
  'reserved',
  'managed',
  'cpus',
  'count',
];

export const DEFAULT_VIEW: ViewState = {
  irq: undefined,
  device: undefined,
  rows: 'node',
  theme: 'system',
  auto: false,
  ask: undefined,
  filter: '',
  sort: 'irqs',
  descending: true,
};

/** What is not understood is left out: an old link must still open. */
export function parseView(hash: string): ViewState {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const sort = oneOf(SORT_KEYS, given.get('sort')) ?? DEFAULT_VIEW.sort;
  const order = given.get('order');
  return {
    irq: /^\d{1,9}$/.test(given.get('irq') ?? '') ? Number(given.get('irq')) : undefined,
    device: given.get('device') ?? undefined,
    rows: oneOf(ROW_ORDERS, given.get('rows')) ?? DEFAULT_VIEW.rows,
    theme: oneOf(THEMES, given.get('theme')) ?? DEFAULT_VIEW.theme,
    auto: given.get('auto') === '1',
    ask: readAsk(given),
    filter: given.get('filter') ?? '',
    sort,
    descending: order === 'up' ? false : order === 'down' ? true : startsDescending(sort),
  };
}

/** Without the `#`; empty for the default view. */
export function formatView(view: ViewState): string {
  const parts = new URLSearchParams();
  if (view.irq !== undefined) parts.set('irq', String(view.irq));
  if (view.device !== undefined) parts.set('device', view.device);
  if (view.rows !== DEFAULT_VIEW.rows) parts.set('rows', view.rows);
  if (view.filter !== '') parts.set('filter', view.filter);
  if (view.sort !== DEFAULT_VIEW.sort) parts.set('sort', view.sort);
  if (view.descending !== startsDescending(view.sort)) parts.set('order', view.descending ? 'down' : 'up');
  writeAsk(view.ask, parts);
  if (view.auto) parts.set('auto', '1');
  if (view.theme !== DEFAULT_VIEW.theme) parts.set('theme', view.theme);
  // Addresses and lists are read by people: these are allowed behind `#` as they are.
  return parts.toString().replace(/%(?:3A|2C|3D|40)/g, decodeURIComponent);
}

/** Words go up from A, counts down from the most. */
export function startsDescending(sort: SortKey): boolean {
  return sort !== 'device' && sort !== 'driver';
}

function oneOf<T extends string>(allowed: readonly T[], text: string | null): T | undefined {
  return allowed.find((word) => word === text);
}
