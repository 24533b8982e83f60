import { describe } from './describe.ts';
import type { MapLayout } from './layout.ts';
import { focusTarget, hoverTarget } from './map-state.ts';

/** One line below the map, always in the same place: what is under the pointer or the keyboard. */
export function Readout({ layout }: { readonly layout: MapLayout }) {
  const target = hoverTarget.value ?? focusTarget.value;
  const description = target === undefined ? undefined : describe(layout, target);
  return (
    <div class="readout" role="status" aria-live="polite">
      {description === undefined ? (
        <span class="quiet">Point at a vector, or move with the arrow keys.</span>
      ) : (
        <>
          <strong class="tabular">{description.title}</strong>
          {description.facts.map(([label, value]) => (
            <span key={label + value} class="readout-fact">
              {label !== '' && <span class="readout-label">{label} </span>}
              <span class="tabular">{value}</span>
            </span>
          ))}
        </>
      )}
    </div>
  );
}
