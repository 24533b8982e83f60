import { driver, type Pair, PLAIN_HANDLER } from './pair.ts';

const completes = `static irqreturn_t foo_irq(int irq, void *data)
{
	struct foo *foo = data;

	complete(&foo->done);
	return IRQ_HANDLED;
}`;

const request = `	ret = devm_request_irq(dev, foo->irq, foo_irq, IRQF_SHARED, "foo", foo);
	if (ret)
		return ret;
`;

function probe(...parts: string[]): string {
  return `static int foo_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct foo *foo;
	int ret;

	foo = devm_kzalloc(dev, sizeof(*foo), GFP_KERNEL);
	if (!foo)
		return -ENOMEM;
${parts.join('')}	return 0;
}`;
}

const completion = '	init_completion(&foo->done);\n';

const follows = `static irqreturn_t foo_irq(int irq, void *data)
{
	struct foo *foo = data;

	foo->bar->state = 1;
	return IRQ_HANDLED;
}`;

const allocates = `	foo->bar = devm_kzalloc(dev, sizeof(*foo->bar), GFP_KERNEL);
	if (!foo->bar)
		return -ENOMEM;
`;

const maps = `	foo->base = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(foo->base))
		return PTR_ERR(foo->base);
`;

const locksInHelper = `static inline void foo_ack(struct foo *f)
{
	unsigned long flags;

	spin_lock_irqsave(&f->lock, flags);
	writel(1, f->base);
	spin_unlock_irqrestore(&f->lock, flags);
}

static irqreturn_t foo_thread(int irq, void *data)
{
	foo_ack(data);
	return IRQ_HANDLED;
}`;

const threaded = `	ret = devm_request_threaded_irq(dev, foo->irq, NULL, foo_thread,
					IRQF_ONESHOT, "foo", foo);
	if (ret < 0)
		return ret;
`;

const gated = `static irqreturn_t foo_irq(int irq, void *data)
{
	struct foo *foo = data;

	if (!foo->ready)
		return IRQ_NONE;
	wake_up(&foo->wq);
	return IRQ_HANDLED;
}`;

const ungated = gated.replace('	if (!foo->ready)\n		return IRQ_NONE;\n', '');

const setup = `static void foo_setup(struct foo *f)
{
	INIT_WORK(&f->work, foo_work);
	INIT_LIST_HEAD(&f->queue);
}

`;

const schedules = `static irqreturn_t foo_irq(int irq, void *data)
{
	struct foo *foo = data;

	schedule_work(&foo->work);
	return IRQ_HANDLED;
}`;

const drvdata = `static irqreturn_t foo_irq(int irq, void *data)
{
	struct platform_device *pdev = data;
	struct foo *foo = platform_get_drvdata(pdev);

	writel(1, foo->base);
	return IRQ_HANDLED;
}`;

const asksForNull = drvdata.replace('	writel(1', '	if (!foo)\n		return IRQ_NONE;\n	writel(1');

export const initAfterRequestPairs: readonly Pair[] = [
  {
    title: 'a completion that the handler completes',
    before: driver(completes, probe(request, completion)),
    after: driver(completes, probe(completion, request)),
  },
  {
    title: 'a pointer that the handler follows',
    before: driver(follows, probe(request, allocates)),
    after: driver(follows, probe(allocates, request)),
  },
  {
    title: 'a lock that a helper of the thread function takes',
    before: driver(locksInHelper, probe(threaded, '	spin_lock_init(&foo->lock);\n')),
    after: driver(locksInHelper, probe('	spin_lock_init(&foo->lock);\n', threaded)),
  },
  {
    title: 'a wait queue that a flag guards, or does not',
    before: driver(ungated, probe(request, '	init_waitqueue_head(&foo->wq);\n	foo->ready = 1;\n')),
    after: driver(gated, probe(request, '	init_waitqueue_head(&foo->wq);\n	foo->ready = 1;\n')),
  },
  {
    title: 'work that a helper of probe() initialises',
    before: driver(schedules, setup + probe(request, '	foo_setup(foo);\n')),
    after: driver(schedules, setup + probe('	foo_setup(foo);\n', request)),
  },
  {
    title: 'driver data that the handler asks for',
    before: driver(
      drvdata,
      probe(request.replace('"foo", foo)', '"foo", pdev)'), '	platform_set_drvdata(pdev, foo);\n'),
    ),
    after: driver(
      drvdata,
      probe('	platform_set_drvdata(pdev, foo);\n', request.replace('"foo", foo)', '"foo", pdev)')),
    ),
  },
  {
    title: 'driver data that the handler follows without asking for NULL',
    before: driver(
      drvdata,
      probe(request.replace('"foo", foo)', '"foo", pdev)'), '	platform_set_drvdata(pdev, foo);\n'),
    ),
    after: driver(
      asksForNull,
      probe(request.replace('"foo", foo)', '"foo", pdev)'), '	platform_set_drvdata(pdev, foo);\n'),
    ),
  },
  {
    title: 'an interrupt that is kept off until all is there',
    before: driver(completes, probe(request, completion, '	enable_irq(foo->irq);\n')),
    after: driver(
      completes,
      probe(request.replace('IRQF_SHARED', 'IRQF_NO_AUTOEN'), completion, '	enable_irq(foo->irq);\n'),
    ),
  },
  {
    title: 'registers that are mapped afterwards',
    before: driver(PLAIN_HANDLER, probe(request, maps)),
    after: driver(PLAIN_HANDLER, probe(maps, request)),
  },
  {
    title: 'requests in a loop, and what comes after it',
    before: driver(
      completes,
      probe(
        `	for (ret = 0; ret < foo->num; ret++)
		if (request_irq(foo->vec[ret].irq, foo_irq, 0, "foo", foo))
			return -EIO;
`,
        completion,
      ),
    ),
    after: driver(
      completes,
      probe(
        completion,
        `	for (ret = 0; ret < foo->num; ret++)
		if (request_irq(foo->vec[ret].irq, foo_irq, 0, "foo", foo))
			return -EIO;
`,
      ),
    ),
  },
];
