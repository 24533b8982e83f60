/** Code with a defect, and the same code without it. */
export interface Pair {
  readonly title: string;
  readonly before: string;
  readonly after: string;
}

/** A driver's file: the struct and the handler that the pairs of a rule have in common, and a function. */
export function driver(handler: string, probe: string): string {
  return `struct foo;

struct bar {
	int state;
	struct foo *owner;
};

struct foo {
	int irq;
	int ready;
	int num;
	void __iomem *base;
	spinlock_t lock;
	struct completion done;
	wait_queue_head_t wq;
	struct work_struct work;
	struct tasklet_struct tasklet;
	struct list_head queue;
	struct workqueue_struct *workqueue;
	struct bar *bar;
	struct device *dev;
	struct foo_vec { int irq; struct cpumask mask; } vec[8];
	struct foo_queue { struct foo *foo; int id; } q[8];
};

${handler}

${probe}
`;
}

export const PLAIN_HANDLER = `static irqreturn_t foo_irq(int irq, void *data)
{
	struct foo *foo = data;

	writel(1, foo->base);
	return IRQ_HANDLED;
}`;
