import { describe, expect, it } from 'vitest';
import { auditDriver } from '../../src/audit/audit-driver.ts';
import { driver, PLAIN_HANDLER } from './pairs/pair.ts';
import { parser } from './parser.ts';

/** The severity of a late disable_irq() after a request of that number with these flags. */
function severity(irq: string, flags: string): string | undefined {
  const text = driver(
    PLAIN_HANDLER,
    `static int foo_start(struct foo *foo)
{
	unsigned long flags = IRQF_SHARED;
	int ret = request_irq(${irq}, foo_irq, ${flags}, "foo", foo);
	if (ret)
		return ret;
	disable_irq(${irq});
	return 0;
}`,
  );
  const { findings } = auditDriver('foo', [{ path: 'foo/foo.c', text }], parser, {
    strict: false,
    inventory: false,
  });
  return findings[0]?.severity;
}

describe('the severity of a finding', () => {
  it.each([
    ['foo->irq', 'IRQF_TRIGGER_HIGH', 'note'],
    ['foo->irq', '0', 'note'],
    ['foo->irq', 'IRQF_TRIGGER_RISING', 'warning'],
    ['foo->irq', 'IRQF_SHARED', 'warning'],
    ['foo->irq', 'flags', 'warning'],
    ['pci_irq_vector(foo->pdev, 0)', '0', 'warning'],
    ['foo->msix_entries[0].vector', '0', 'warning'],
  ])('of %s with %s is a %s', (irq, flags, expected) => {
    expect(severity(irq, flags)).toBe(expected);
  });
});
