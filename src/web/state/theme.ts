import { effect } from '@preact/signals';
import { view } from './view.ts';
import type { Theme } from './view-state.ts';

/** The style sheet does the rest: without the attribute it follows the system. */
export function followTheme(): void {
  effect(() => {
    const { theme } = view.value;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  });
}

const darkSystem = matchMedia('(prefers-color-scheme: dark)');

export function isDark(theme: Theme): boolean {
  return theme === 'system' ? darkSystem.matches : theme === 'dark';
}

/** The map is painted, not styled: it has to be told when the system changes its mind. */
export function onSystemTheme(changed: () => void): () => void {
  darkSystem.addEventListener('change', changed);
  return () => darkSystem.removeEventListener('change', changed);
}
