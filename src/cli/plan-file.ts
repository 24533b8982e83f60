import type { Plan } from '../format/plan.ts';
import { readPlan } from '../format/read-plan.ts';
import { readText } from '../host/read-text.ts';
import { digestOfFacts } from '../plan/facts.ts';
import { UsageError } from './usage-error.ts';

/** A plan as `plan -o` wrote it, and the file that it came from. @throws UsageError where it was changed since */
export function readPlanFile(path: string): { readonly file: string; readonly plan: Plan } {
  const { file, text } = readText(path, 'a plan');
  const read = readPlan(text);
  if ('fault' in read) throw new UsageError(`${file}: ${read.fault}`);
  const { plan } = read;
  if (digestOfFacts(plan.state) !== plan.state.digest) {
    throw new UsageError(`${file}: its state does not match its digest: the file was changed`);
  }
  const masks = new Map(plan.state.irqs.map(({ irq, affinity }) => [irq, affinity]));
  const stray = plan.writes.find(({ irq, from }) => masks.get(irq) !== from);
  if (stray !== undefined) {
    throw new UsageError(`${file}: the write to IRQ ${stray.irq} does not begin at the mask of its state`);
  }
  return { file, plan };
}
