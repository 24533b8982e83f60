import { expect, it } from 'vitest';
import { drawMachine } from '../../../test/draw-machine.ts';
import { fitsOf } from '../../query/fits.ts';
import { parseChange } from '../../query/fits-change.ts';
import { renderFits } from './fits.ts';

function textOf(drawing: string, isolated: string): string {
  const answer = fitsOf(drawMachine(drawing), [parseChange('isolate', isolated)]);
  return renderFits(answer, { columns: 200, color: false, write: () => {} });
}

const MACHINE = `
  cpu other
  0 0
  1 0
  2 0
  30 on 1 mask 1 managed
  31 on 2 mask 2 managed
`;

it('a reason that several interrupts share for staying is said once', () => {
  expect(textOf(MACHINE, '1-2')).toContain(
    'IRQ 30-31 stay on CPU 1-2: managed, and its whole mask is isolated',
  );
});

it('one that stays alone is named', () => {
  expect(textOf(MACHINE, '2')).toMatch(/IRQ 31 \(.*\) stays on CPU 2: managed, and its whole mask/);
});
