import { type ReadonlySignal, signal } from '@preact/signals';
import { formatView, parseView, type ViewState } from './view-state.ts';

const current = signal<ViewState>(parseView(location.hash));

/** The one place where the view lives; it changes only through {@link changeView} or the address bar. */
export const view: ReadonlySignal<ViewState> = current;

/** Writes the address at once; no entry in the history, else "back" would undo every click one by one. */
export function changeView(change: Partial<ViewState>): void {
  current.value = { ...current.value, ...change };
  const hash = formatView(current.value);
  history.replaceState(null, '', hash === '' ? location.pathname + location.search : `#${hash}`);
}

export function followAddressBar(): void {
  addEventListener('hashchange', () => {
    current.value = parseView(location.hash);
  });
}
