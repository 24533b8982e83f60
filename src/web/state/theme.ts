import { computed, effect, signal } from '@preact/signals';
import { view } from './view.ts';

const darkSystem = matchMedia('(prefers-color-scheme: dark)');

/** The system can change its mind while the page is open. */
export const systemIsDark = signal(darkSystem.matches);
darkSystem.addEventListener('change', () => {
  systemIsDark.value = darkSystem.matches;
});

export const isDark = computed(() => {
  const { theme } = view.value;
  return theme === 'system' ? systemIsDark.value : theme === 'dark';
});

/** The style sheet goes by this attribute alone, so that it holds each theme once. */
export function followTheme(): void {
  effect(() => {
    document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light';
  });
}
