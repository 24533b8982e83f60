// Three rules of `irqspace audit` as far as SmPL can say them: what comes after what in one function. That the
// handler uses what is initialised, and whether a flag keeps it from it, cannot be said here.

@late_initialisation@
expression o;
@@
(
 request_irq(...)
|
 devm_request_irq(...)
|
 request_threaded_irq(...)
|
 devm_request_threaded_irq(...)
)
 ... when != free_irq(...)
     when != disable_irq(...)
(
* spin_lock_init(o)
|
* mutex_init(o)
|
* init_completion(o)
|
* init_waitqueue_head(o)
|
* tasklet_init(o, ...)
|
* tasklet_setup(o, ...)
|
* INIT_WORK(o, ...)
|
* INIT_DELAYED_WORK(o, ...)
|
* INIT_LIST_HEAD(o)
|
* timer_setup(o, ...)
)

@late_disable@
expression irq, dev;
@@
(
 request_irq(irq, ...)
|
 devm_request_irq(dev, irq, ...)
|
 request_threaded_irq(irq, ...)
|
 devm_request_threaded_irq(dev, irq, ...)
)
 ... when != free_irq(...)
(
* disable_irq(irq)
|
* disable_irq_nosync(irq)
|
* irq_set_status_flags(irq, IRQ_NOAUTOEN)
)

@late_free@
expression irq, id;
@@
(
 pci_free_irq_vectors(...)
|
 pci_disable_msix(...)
|
 pci_disable_msi(...)
)
 ... when != request_irq(...)
* free_irq(irq, id)
