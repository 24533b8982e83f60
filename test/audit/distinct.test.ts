/** What is one finding, and what tells two apart. */
import { describe, expect, it } from 'vitest';
import { auditDriver } from '../../src/audit/audit-driver.ts';
import { fingerprintOf } from '../../src/audit/finding.ts';
import { driver } from './pairs/pair.ts';
import { parser } from './parser.ts';

const HANDLER = `static irqreturn_t foo_irq(int irq, void *data)
{
	struct foo *foo = data;

	queue_work(foo->workqueue, &foo->work);
	return IRQ_HANDLED;
}`;

function findings(probe: string, rule: string) {
  const sources = [{ path: 'foo/foo.c', text: driver(HANDLER, probe) }];
  const audit = auditDriver('foo', sources, parser, { strict: true, inventory: false });
  return audit.findings.filter((finding) => finding.rule === rule);
}

describe('a finding', () => {
  it('is one where two requests have it in common, and points to both', () => {
    const found = findings(
      `static int foo_probe(struct platform_device *pdev)
{
	devm_request_irq(&pdev->dev, foo->irq, foo_irq, 0, "one", foo);
	return devm_request_irq(&pdev->dev, foo->num, foo_irq, 0, "two", foo);
}

static int foo_remove(struct platform_device *pdev)
{
	struct foo *foo = platform_get_drvdata(pdev);

	destroy_workqueue(foo->workqueue);
	return 0;
}

static struct platform_driver foo_driver = { .probe = foo_probe, .remove = foo_remove };`,
      'irq-managed-live',
    );
    expect(found).toHaveLength(1);
    const requests = found[0]?.related.filter(({ message }) => message.includes('installs it'));
    expect(new Set(requests?.map(({ line }) => line)).size).toBe(2);
    expect(found[0]?.related).toHaveLength(3);
  });

  it('has a fingerprint of its own where a function makes the same mistake twice', () => {
    const found = findings(
      `static int foo_start(struct foo *foo)
{
	int i;

	for (i = 0; i < 8; i++)
		if (request_irq(foo->vec[i].irq, foo_irq, 0, "foo", foo))
			return -EBUSY;
	for (i = 0; i < 8; i++)
		if (request_irq(foo->vec[i].irq, foo_irq, 0, "foo", foo))
			return -EBUSY;
	return 0;
}`,
      'irq-loop-failure',
    ).map(fingerprintOf);
    expect(found).toHaveLength(2);
    expect(found[1]).toBe(`${found[0]} #2`);
  });
});
