import { formatNumberList } from '../../base/number-list.ts';
import { areLost } from './figure.ts';

/** All of them: who they are decides whether it matters. */
export function Lost({ irqs }: { readonly irqs: readonly number[] }) {
  if (irqs.length === 0) return null;
  return (
    <p class="lost cpu-list tabular">
      <b>{areLost(irqs.length)}</b>, left on a CPU that goes, because no vector is free inside the mask: IRQ{' '}
      {formatNumberList(irqs)}
    </p>
  );
}
