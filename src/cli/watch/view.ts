/** What the user looks at, and what a key makes of it. Pure. */

export type Sort = 'rate' | 'irq' | 'name' | 'cpu';

export interface View {
  readonly tab: 'irqs' | 'cpus';
  readonly sort: Sort;
  /** Part of a name, a device or a driver; `=24` is one number. Empty: all. */
  readonly filter: string;
  /** What is typed behind `/`, until it is entered. */
  readonly typing: string | undefined;
  readonly paused: boolean;
  readonly help: boolean;
  /** The first row that is shown. */
  readonly top: number;
}

export const FIRST_VIEW: View = {
  tab: 'irqs',
  sort: 'rate',
  filter: '',
  typing: undefined,
  paused: false,
  help: false,
  top: 0,
};

/** What the terminal sends for a key: a character, or one of these. */
export type Key =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'tab'
  | 'ctrl-c'
  | 'ctrl-l'
  | 'ctrl-u'
  | 'ctrl-z'
  | { readonly char: string };

/** Besides a new view. */
export type Command = 'quit' | 'suspend' | 'redraw';

export interface Pressed {
  readonly view: View;
  readonly command?: Command;
}

const LONGEST_FILTER = 60;
const SORTS: Readonly<Record<string, Sort>> = { r: 'rate', i: 'irq', n: 'name', c: 'cpu' };

/** @param page rows on the screen, for the keys that go further */
export function pressed(view: View, key: Key, page: number): Pressed {
  if (key === 'ctrl-c') return { view, command: 'quit' };
  if (key === 'ctrl-z') return { view, command: 'suspend' };
  if (key === 'ctrl-l') return { view, command: 'redraw' };
  if (view.typing !== undefined) return { view: typed(view, view.typing, key) };
  if (view.help) return { view: { ...view, help: false } };
  const top = scrolled(view.top, key, page);
  if (top !== undefined) return { view: { ...view, top } };
  if (key === 'tab') return { view: otherTab(view) };
  if (key === 'escape') return { view: { ...view, filter: '', top: 0 } };
  if (typeof key === 'string') return { view };
  return letter(view, key.char);
}

function letter(view: View, char: string): Pressed {
  const sort = SORTS[char];
  if (sort !== undefined) return { view: { ...view, sort, top: 0 } };
  switch (char) {
    case 'q':
      return { view, command: 'quit' };
    case 'v':
      return { view: otherTab(view) };
    case '/':
      return { view: { ...view, typing: '' } };
    case ' ':
      return { view: { ...view, paused: !view.paused } };
    case '?':
    case 'h':
      return { view: { ...view, help: true } };
    default:
      return { view };
  }
}

function otherTab(view: View): View {
  return { ...view, tab: view.tab === 'irqs' ? 'cpus' : 'irqs', top: 0 };
}

/** The end is wherever the picture puts it: it never shows less than a page. */
function scrolled(top: number, key: Key, page: number): number | undefined {
  switch (key) {
    case 'up':
      return Math.max(0, top - 1);
    case 'down':
      return top + 1;
    case 'page-up':
      return Math.max(0, top - page);
    case 'page-down':
      return top + page;
    case 'home':
      return 0;
    case 'end':
      return Number.MAX_SAFE_INTEGER;
    default:
      return undefined;
  }
}

function typed(view: View, text: string, key: Key): View {
  if (key === 'enter') return { ...view, filter: text, typing: undefined, top: 0 };
  if (key === 'escape') return { ...view, typing: undefined };
  if (key === 'ctrl-u') return { ...view, typing: '' };
  if (key === 'backspace') {
    return text === '' ? { ...view, typing: undefined } : { ...view, typing: text.slice(0, -1) };
  }
  if (typeof key === 'string' || text.length >= LONGEST_FILTER) return view;
  return { ...view, typing: text + key.char };
}

const SEQUENCES: Readonly<Record<string, Key>> = {
  A: 'up',
  B: 'down',
  H: 'home',
  F: 'end',
  '5~': 'page-up',
  '6~': 'page-down',
  '1~': 'home',
  '4~': 'end',
};
const CONTROLS: Readonly<Record<string, Key>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u0003': 'ctrl-c',
  '\u0008': 'backspace',
  '\u007f': 'backspace',
  '\u000c': 'ctrl-l',
  '\u0015': 'ctrl-u',
  '\u001a': 'ctrl-z',
};

const ESCAPE = '\u001b';
/** An escape sequence, as xterm and the Linux console send them; else one character. */
const TOKEN = new RegExp(`${ESCAPE}(?:\\[|O)[0-9;]*[A-Za-z~]|[\\s\\S]`, 'gu');

/** The keys in what a terminal in raw mode sent at once; what is not known is left out. */
export function keysOf(data: string): Key[] {
  const keys: Key[] = [];
  for (const [token] of data.matchAll(TOKEN)) {
    if (token.length > 2 && token.startsWith(ESCAPE)) {
      const key = SEQUENCES[token.slice(2)];
      if (key !== undefined) keys.push(key);
    } else if (token === ESCAPE) keys.push('escape');
    else {
      const key = CONTROLS[token] ?? (/^\P{C}$/u.test(token) ? { char: token } : undefined);
      if (key !== undefined) keys.push(key);
    }
  }
  return keys;
}
