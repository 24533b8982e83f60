import { quoted, RootError } from './root-error.ts';

/** What tells a machine's root: any of these below it is enough. */
export const ROOT_MARKERS: readonly string[] = [
  'proc/interrupts',
  'sys/kernel/debug/irq/domains/VECTOR',
  'proc/irq',
  'sys/kernel/irq',
];

/** How many folders the root may lie below what the user named: an sosreport's is one. */
export const MAX_ROOT_DEPTH = 4;

/** Our captures say here that they kept the kernel's own file modes. */
export const CAPTURE_NOTE = 'irqspace-capture.json';

/** True when the text is our capture's note and says that the modes are the kernel's. */
export function noteKeepsModes(text: string | undefined): boolean {
  if (text === undefined) return false;
  try {
    const note: unknown = JSON.parse(text);
    if (typeof note !== 'object' || note === null) return false;
    return 'irqspaceCapture' in note && note.irqspaceCapture === 1 && 'modes' in note && note.modes === true;
  } catch {
    return false;
  }
}

/** Folders that hold a marker, of these the shallowest, sorted; '' is the top. */
export function rootsAmong(names: Iterable<string>): string[] {
  let depth = MAX_ROOT_DEPTH;
  let found = new Set<string>();
  for (const name of names) {
    const slashed = `/${name}/`;
    for (const marker of ROOT_MARKERS) {
      const at = slashed.indexOf(`/${marker}/`);
      if (at < 0) continue;
      const prefix = slashed.slice(1, at);
      const prefixDepth = prefix === '' ? 0 : prefix.split('/').length;
      if (prefixDepth > depth) continue;
      if (prefixDepth < depth) found = new Set();
      depth = prefixDepth;
      found.add(prefix);
    }
  }
  return [...found].sort();
}

/** The one root; two machines side by side are a question back to the user, none is an error. */
export function theOneRoot(source: string, roots: readonly string[], what: string): string {
  const [first, second] = roots;
  if (first === undefined) {
    throw new RootError(
      source,
      `${what}; looked for ${ROOT_MARKERS.join(', ')} up to ${MAX_ROOT_DEPTH} folders deep`,
    );
  }
  if (second === undefined) return first;
  const more = roots.length > 2 ? ` and ${roots.length - 2} more` : '';
  throw new RootError(
    source,
    `holds several machines (${quoted(first)}, ${quoted(second)}${more}); name one of them`,
  );
}
