/* What the mail talks about, in one driver: no managed interrupts, the old hint, and no audit would pass it. */
#include <linux/interrupt.h>
#include <linux/pci.h>

static int mail_open(struct mail *m)
{
	int i, err;

	m->vectors = pci_enable_msix_range(m->pdev, m->entries, 2, num_online_cpus() + 1);
	if (m->vectors < 0)
		return m->vectors;

	for (i = 0; i < m->vectors; i++) {
		err = request_irq(m->entries[i].vector, mail_queue_irq, 0, m->name, &m->queue[i]);
		if (err)
			return err;
		irq_set_affinity_hint(m->entries[i].vector, &m->queue[i].mask);
	}
	return 0;
}

static void mail_close(struct mail *m)
{
	int i;

	for (i = 0; i < m->vectors; i++)
		free_irq(m->entries[i].vector, &m->queue[i]);
	pci_disable_msix(m->pdev);
}
