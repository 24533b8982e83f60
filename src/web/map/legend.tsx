import { driftOf, type Occupancy, type SegmentKind } from '../../query/occupancy.ts';

type Entry = readonly [kind: SegmentKind | 'system' | 'pending', label: string];

const VECTORS: readonly Entry[] = [
  ['regular', 'in use'],
  ['managed', 'managed, in use'],
  ['idle', 'managed, set aside'],
  ['legacy', 'legacy ISA'],
  ['pending', 'move pending'],
  ['unknown', 'in use, owner not known'],
  ['free', 'free'],
  ['system', 'system'],
];

const BARS: readonly Entry[] = [
  ['regular', 'in use'],
  ['managed', 'managed, in use'],
  ['idle', 'managed, set aside'],
  ['legacy', 'legacy ISA'],
  ['pending', 'move pending'],
  ['unknown', 'in use, kind not known'],
  ['uncertain', 'free or not: not known'],
  ['free', 'free'],
];

/** Only what this machine has, so that nobody looks for a colour in vain. */
export function Legend({ occupancy }: { readonly occupancy: Occupancy }) {
  const present = new Set<string>(['free', 'system']);
  for (const use of occupancy.cpus) {
    if (!use.cpu.online) continue;
    for (const segment of use.segments) present.add(segment.kind);
    for (const cell of use.cells ?? []) present.add(cell);
    if (use.irqs.some((irq) => irq.movePending)) present.add('pending');
  }
  const entries = occupancy.mode === 'bars' ? BARS : VECTORS;
  return (
    <ul class="legend" aria-label="Colours">
      {entries
        .filter(([kind]) => present.has(kind))
        .map(([kind, label]) => (
          <li key={kind}>
            <span class={`swatch swatch-${kind}`} />
            {label}
          </li>
        ))}
      {occupancy.cpus.some((use) => driftOf(use.cpu) !== 0) && (
        <li>
          <b class="drift-mark">*</b> the kernel’s count has drifted
        </li>
      )}
    </ul>
  );
}
