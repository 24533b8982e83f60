import { signal } from '@preact/signals';
import type { MapTarget } from './hit.ts';

/** Under the pointer, and where the keyboard is. Not part of the view: a link need not carry a mouse. */
export const hoverTarget = signal<MapTarget | undefined>(undefined);
export const focusTarget = signal<MapTarget | undefined>(undefined);

/** Targets are compared by what they name, so that the readout speaks only when something changed. */
export function setTarget(into: { value: MapTarget | undefined }, target: MapTarget | undefined): void {
  const now = into.value;
  if (now?.cpu === target?.cpu && now?.at === target?.at) return;
  into.value = target;
}
