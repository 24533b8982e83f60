/** Pairs of the rules without a file of their own here: data, at least five for each rule; hence the length. */
import { driver, type Pair, PLAIN_HANDLER } from './pair.ts';

const code = (text: string): string => driver(PLAIN_HANDLER, text);

/** A function in which `BEFORE` lines are replaced by `AFTER` lines. */
function pair(title: string, text: string, defect: string, repair: string): Pair {
  if (!text.includes('@')) throw new Error(`${title}: no place for the difference`);
  return { title, before: code(text.replace('@', defect)), after: code(text.replace('@', repair)) };
}

const START = `static int foo_start(struct foo *foo)
{
	int ret, i, j;

`;

export const requestThenDisablePairs: readonly Pair[] = [
  pair(
    'disable_irq() right after it',
    `${START}	ret = request_irq(foo->irq, foo_irq, @, "foo", foo);
	if (ret)
		return ret;
	disable_irq(foo->irq);
	return 0;
}`,
    '0',
    'IRQF_NO_AUTOEN',
  ),
  pair(
    'disable_irq_nosync() after a check of the result',
    `${START}	ret = devm_request_irq(foo->dev, foo->irq, foo_irq, @, "foo", foo);
	if (ret) {
		dev_err(foo->dev, "no irq\\n");
		return ret;
	}
	disable_irq_nosync(foo->irq);
	return 0;
}`,
    'IRQF_TRIGGER_RISING',
    'IRQF_TRIGGER_RISING | IRQF_NO_AUTOEN',
  ),
  pair(
    'the flag is set when the interrupt is already on',
    `${START}	@
	return ret;
}`,
    'ret = request_irq(foo->irq, foo_irq, 0, "foo", foo);\n	irq_set_status_flags(foo->irq, IRQ_NOAUTOEN);',
    'irq_set_status_flags(foo->irq, IRQ_NOAUTOEN);\n	ret = request_irq(foo->irq, foo_irq, 0, "foo", foo);',
  ),
  pair(
    'a threaded interrupt by its local number',
    `${START}	int irq = platform_get_irq(foo->pdev, 0);

	ret = request_threaded_irq(irq, NULL, foo_irq, @, "foo", foo);
	if (ret < 0)
		goto out;
	disable_irq(irq);
out:
	return ret;
}`,
    'IRQF_ONESHOT',
    'IRQF_ONESHOT | IRQF_NO_AUTOEN',
  ),
  pair(
    'disabled always, or only when suspended',
    `${START}	ret = request_irq(foo->irq, foo_irq, 0, "foo", foo);
	if (ret)
		return ret;
	@
	return 0;
}`,
    'disable_irq(foo->irq);',
    'if (foo->ready)\n		disable_irq(foo->irq);',
  ),
  pair(
    'another interrupt is disabled',
    `${START}	ret = request_irq(foo->irq, foo_irq, 0, "foo", foo);
	if (ret)
		return ret;
	disable_irq(@);
	return 0;
}`,
    'foo->irq',
    'foo->wakeup_irq',
  ),
];

const HINTS = `${START}	for (i = 0; i < foo->num; i++) {
		ret = request_irq(foo->vec[i].irq, foo_irq, 0, "foo", &foo->q[i]);
		if (ret)
			goto undo;
		irq_set_affinity_hint(foo->vec[i].irq, &foo->vec[i].mask);
	}
	return 0;
undo:
	while (--i >= 0) {
		@free_irq(foo->vec[i].irq, &foo->q[i]);
	}
	return ret;
}`;

export const hintNotClearedPairs: readonly Pair[] = [
  pair('the loop that takes requests back', HINTS, '', 'irq_set_affinity_hint(foo->vec[i].irq, NULL);\n		'),
  pair(
    'the same with the present names',
    HINTS.replace(/irq_set_affinity_hint/g, 'irq_update_affinity_hint'),
    '',
    'irq_update_affinity_hint(foo->vec[i].irq, NULL);\n		',
  ),
  pair(
    'one interrupt and a later failure',
    `${START}	ret = request_irq(foo->irq, foo_irq, 0, "foo", foo);
	if (ret)
		return ret;
	irq_set_affinity_and_hint(foo->irq, cpu_online_mask);
	ret = foo_register(foo);
	if (ret) {
		@free_irq(foo->irq, foo);
		return ret;
	}
	return 0;
}`,
    '',
    'irq_set_affinity_and_hint(foo->irq, NULL);\n		',
  ),
  pair(
    'a label at the end',
    `${START}	ret = request_irq(foo->irq, foo_irq, 0, "foo", foo);
	if (ret)
		return ret;
	ret = irq_set_affinity_hint(foo->irq, cpumask_of(0));
	if (ret)
		return ret;
	ret = foo_register(foo);
	if (ret)
		goto free;
	return 0;
free:
	@free_irq(foo->irq, foo);
	return ret;
}`,
    '',
    'irq_set_affinity_hint(foo->irq, NULL);\n	',
  ),
  pair(
    'a helper that frees',
    `static void foo_put(struct foo *foo)
{
	@free_irq(foo->irq, foo);
}

${START}	irq_set_affinity_hint(foo->irq, cpumask_of(1));
	ret = foo_register(foo);
	if (ret)
		foo_put(foo);
	return ret;
}`,
    '',
    'irq_set_affinity_hint(foo->irq, NULL);\n	',
  ),
];

const UNWIND = `${START}	for (i = 0; i < foo->num; i++) {
		ret = request_irq(foo->vec[i].irq, foo_irq, 0, "foo", &foo->q[i]);
		if (ret)
			goto undo;
	}
	return 0;
undo:
	LOOP
	return ret;
}`;

export const unwindIndexPairs: readonly Pair[] = [
  pair(
    'the number with the outer index',
    UNWIND.replace('LOOP', 'for (j = 0; j < i; j++)\n		free_irq(foo->vec[@].irq, &foo->q[j]);'),
    'i',
    'j',
  ),
  pair(
    'dev_id with the outer index',
    UNWIND.replace('LOOP', 'for (j = i - 1; j >= 0; j--)\n		free_irq(foo->vec[j].irq, &foo->q[@]);'),
    'i',
    'j',
  ),
  pair(
    'pci_irq_vector() with the outer index',
    UNWIND.replace(
      'LOOP',
      'for (j = 0; j < i; j++)\n		free_irq(pci_irq_vector(foo->pdev, @), &foo->q[j]);',
    ),
    'i',
    'j',
  ),
  pair(
    'a while loop that counts down',
    UNWIND.replace('LOOP', 'j = i;\n	while (j--) {\n		free_irq(foo->vec[@].irq, &foo->q[j]);\n	}'),
    'i',
    'j',
  ),
  pair(
    'a block with more in it',
    UNWIND.replace(
      'LOOP',
      'for (j = 0; j < i; j++) {\n		devm_free_irq(foo->dev, foo->vec[j].irq, &foo->q[@]);\n		kfree(foo->names[j]);\n	}',
    ),
    'i',
    'j',
  ),
];

const NULLS = (
  requested: string,
  freed: string,
): string => `${START}	ret = request_irq(foo->irq, foo_irq, IRQF_SHARED, "foo", ${requested});
	if (ret)
		return ret;
	return 0;
}

static void foo_stop(struct foo *foo)
{
	free_irq(foo->irq, ${freed});
}`;

export const devIdNullPairs: readonly Pair[] = [
  pair('freed with NULL', NULLS('foo', '@'), 'NULL', 'foo'),
  pair('requested with NULL', NULLS('NULL', '@'), 'foo', 'NULL'),
  pair('freed with 0', NULLS('foo', '@'), '0', 'foo'),
  pair(
    'an element of an array',
    `${START}	ret = request_irq(foo->vec[0].irq, foo_irq, 0, "foo", &foo->q[0]);
	return ret;
}

static void foo_stop(struct foo *foo)
{
	free_irq(foo->vec[0].irq, @);
}`,
    'NULL',
    '&foo->q[0]',
  ),
  pair(
    'on an error path',
    `${START}	ret = request_irq(foo->irq, foo_irq, 0, "foo", foo);
	if (ret)
		return ret;
	ret = foo_register(foo);
	if (ret)
		free_irq(foo->irq, @);
	return ret;
}`,
    'NULL',
    'foo',
  ),
];

const REQUEST = `	ret = request_irq(foo->irq, foo_irq, 0, "foo", foo);
	if (ret)
		return ret;
`;

/** The statement before the request, and after it. */
function order(title: string, statement: string): Pair {
  return {
    title,
    before: code(`${START}	${statement}\n${REQUEST}	return 0;\n}`),
    after: code(`${START}${REQUEST}	${statement}\n	return 0;\n}`),
  };
}

export const enableBeforeRequestPairs: readonly Pair[] = [
  order('writel() to an enable register', 'writel(FOO_ALL, foo->base + FOO_INT_ENABLE);'),
  order('regmap_write() to an IER', 'regmap_write(foo->map, FOO_IER, FOO_RX | FOO_TX);'),
  order("the driver's own accessor", 'foo_write(foo, FOO_IRQ_EN, 0xff);'),
  order('a helper whose name says it', 'foo_enable_interrupts(foo);'),
  order('a helper that unmasks', 'foo_unmask_irq(foo);'),
  pair(
    'enabled, or switched off',
    `${START}	writel(@, foo->base + FOO_INT_EN);
${REQUEST}	return 0;
}`,
    'FOO_RX',
    '0',
  ),
];

export const errorPathPairs: readonly Pair[] = [
  pair(
    'a plain return',
    `${START}${REQUEST}	ret = foo_register(foo);
	if (ret) {
		@return ret;
	}
	return 0;
}`,
    '',
    'free_irq(foo->irq, foo);\n		',
  ),
  pair(
    'a label that forgets it',
    `${START}${REQUEST}	ret = foo_register(foo);
	if (ret < 0)
		goto err;
	return 0;
err:
	@kfree(foo->buf);
	return ret;
}`,
    '',
    'free_irq(foo->irq, foo);\n	',
  ),
  pair(
    'an allocation that fails',
    `${START}${REQUEST}	foo->buf = kmalloc(8, GFP_KERNEL);
	if (!foo->buf) {
		@return -ENOMEM;
	}
	return 0;
}`,
    '',
    'free_irq(foo->irq, foo);\n		',
  ),
  pair(
    'the second of two failures',
    `${START}${REQUEST}	if (foo_map(foo)) {
		free_irq(foo->irq, foo);
		return -EIO;
	}
	if (foo_register(foo)) {
		@return -ENODEV;
	}
	return 0;
}`,
    '',
    'free_irq(foo->irq, foo);\n		',
  ),
  pair(
    'a common exit that says whether it failed',
    `${START}${REQUEST}	ret = foo_register(foo);
	if (ret)
		goto out;
	foo->ready = 1;
out:
	@return ret;
}`,
    '',
    'if (ret)\n		free_irq(foo->irq, foo);\n	',
  ),
  pair(
    'devres, or not',
    `${START}	ret = @foo->irq, foo_irq, 0, "foo", foo);
	if (ret)
		return ret;
	ret = foo_register(foo);
	if (ret)
		return ret;
	return 0;
}`,
    'request_irq(',
    'devm_request_irq(foo->dev, ',
  ),
];

/** A handler that uses an object, and a remove() that destroys it. */
function removal(title: string, use: string, destroy: string): Pair {
  const text = (quiet: string): string =>
    driver(
      `static irqreturn_t foo_irq(int irq, void *data)
{
	struct foo *foo = data;

	${use}
	return IRQ_HANDLED;
}`,
      `static int foo_probe(struct platform_device *pdev)
{
	struct foo *foo = foo_alloc(pdev);

	return devm_request_irq(&pdev->dev, foo->irq, foo_irq, 0, "foo", foo);
}

static int foo_remove(struct platform_device *pdev)
{
	struct foo *foo = platform_get_drvdata(pdev);

	${quiet}${destroy}
	return 0;
}

static struct platform_driver foo_driver = {
	.probe = foo_probe,
	.remove = foo_remove,
};`,
    );
  return { title, before: text(''), after: text('devm_free_irq(&pdev->dev, foo->irq, foo);\n	') };
}

export const managedLivePairs: readonly Pair[] = [
  removal('a workqueue', 'queue_work(foo->workqueue, &foo->work);', 'destroy_workqueue(foo->workqueue);'),
  removal('memory', 'foo->bar->state = 1;', 'kfree(foo->bar);'),
  removal('an input device', 'input_sync(foo->input);', 'input_unregister_device(foo->input);'),
  removal('registers', 'writel(1, foo->base);', 'iounmap(foo->base);'),
  removal("a part of the driver's own", 'bar_poll(foo->bar);', 'bar_destroy(foo->bar);'),
];

export const vectorsReleasedPairs: readonly Pair[] = [
  ...['pci_free_irq_vectors', 'pci_disable_msix', 'pci_disable_msi'].map(
    (release): Pair => ({
      title: `${release}() before free_irq()`,
      before: code(
        `static void foo_stop(struct foo *foo)\n{\n	${release}(foo->pdev);\n	free_irq(foo->irq, foo);\n}`,
      ),
      after: code(
        `static void foo_stop(struct foo *foo)\n{\n	free_irq(foo->irq, foo);\n	${release}(foo->pdev);\n}`,
      ),
    }),
  ),
  {
    title: 'a loop of requests',
    before: code(`static void foo_stop(struct foo *foo)
{
	int i;

	pci_free_irq_vectors(foo->pdev);
	for (i = 0; i < foo->num; i++)
		free_irq(foo->vec[i].irq, &foo->q[i]);
}`),
    after: code(`static void foo_stop(struct foo *foo)
{
	int i;

	for (i = 0; i < foo->num; i++)
		free_irq(foo->vec[i].irq, &foo->q[i]);
	pci_free_irq_vectors(foo->pdev);
}`),
  },
  pair(
    'remove() and an interrupt that devres frees',
    `static int foo_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct foo *foo = foo_alloc(pdev);

	return devm_request_irq(&pdev->dev, pci_irq_vector(pdev, 0), foo_irq, 0, "foo", foo);
}

static void foo_remove(struct pci_dev *pdev)
{
	@pci_free_irq_vectors(pdev);
}

static struct pci_driver foo_driver = {
	.probe = foo_probe,
	.remove = foo_remove,
};`,
    '',
    'devm_free_irq(&pdev->dev, pci_irq_vector(pdev, 0), pci_get_drvdata(pdev));\n	',
  ),
];

const LOOP = (failure: string, end: string): string => `${START}	for (i = 0; i < foo->num; i++) {
		ret = request_irq(foo->vec[i].irq, foo_irq, 0, "foo", &foo->q[i]);
		if (ret) {
			${failure}
		}
	}
	return 0;
${end}}`;

const UNDO = `undo:
	while (--i >= 0)
		free_irq(foo->vec[i].irq, &foo->q[i]);
	return ret;
`;

export const loopFailurePairs: readonly Pair[] = [
  { title: 'it returns', before: code(LOOP('return ret;', '')), after: code(LOOP('goto undo;', UNDO)) },
  {
    title: 'it returns a number of its own',
    before: code(LOOP('dev_err(foo->dev, "no irq\\n");\n			return -EBUSY;', '')),
    after: code(LOOP('dev_err(foo->dev, "no irq\\n");\n			goto undo;', UNDO)),
  },
  {
    title: 'it only prints',
    before: code(LOOP('dev_err(foo->dev, "no irq\\n");', '')),
    after: code(LOOP('dev_err(foo->dev, "no irq\\n");\n			goto undo;', UNDO)),
  },
  {
    title: 'it frees all, also those that were never requested',
    before: code(LOOP('goto undo;', UNDO.replace('while (--i >= 0)', 'for (i = 0; i < foo->num; i++)'))),
    after: code(LOOP('goto undo;', UNDO)),
  },
  {
    title: 'a helper frees all',
    before: code(`static void foo_free_all(struct foo *foo)
{
	int i;

	for (i = 0; i < foo->num; i++)
		free_irq(foo->vec[i].irq, &foo->q[i]);
}

${LOOP('foo_free_all(foo);\n			return ret;', '')}`),
    after: code(`static void foo_free_some(struct foo *foo, int n)
{
	int i;

	for (i = 0; i < n; i++)
		free_irq(foo->vec[i].irq, &foo->q[i]);
}

${LOOP('foo_free_some(foo, i);\n			return ret;', '')}`),
  },
  {
    title: 'a library whose requests devres frees some day',
    before:
      code(`${LOOP('return ret;', '').replace('static int', 'int').replace('request_irq(', 'devm_request_irq(foo->dev, ')}
EXPORT_SYMBOL_GPL(foo_start);`),
    after:
      code(`${LOOP('goto undo;', UNDO.replace('free_irq(', 'devm_free_irq(foo->dev, ')).replace('static int', 'int').replace('request_irq(', 'devm_request_irq(foo->dev, ')}
EXPORT_SYMBOL_GPL(foo_start);`),
  },
];
