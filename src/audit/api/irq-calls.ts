/** The kernel's functions that this audit knows, and where their arguments are (include/linux/interrupt.h, pci.h). */

export interface RequestShape {
  readonly irq: number;
  readonly handler: number;
  readonly thread?: number;
  /** Undefined: the function sets IRQF_SHARED itself. */
  readonly flags?: number;
  readonly devId: number;
  /** Released by devres, after remove(). */
  readonly managed: boolean;
}

const plain = { irq: 0, handler: 1, flags: 2, devId: 4, managed: false };
const managed = { irq: 1, handler: 2, flags: 3, devId: 5, managed: true };

export const REQUESTS: ReadonlyMap<string, RequestShape> = new Map<string, RequestShape>([
  ['request_irq', plain],
  ['request_any_context_irq', plain],
  ['request_threaded_irq', { irq: 0, handler: 1, thread: 2, flags: 3, devId: 5, managed: false }],
  ['pci_request_irq', { irq: 1, handler: 2, thread: 3, devId: 4, managed: false }],
  ['devm_request_irq', managed],
  ['devm_request_any_context_irq', managed],
  ['devm_request_threaded_irq', { irq: 1, handler: 2, thread: 3, flags: 4, devId: 6, managed: true }],
]);

export interface FreeShape {
  readonly irq: number;
  readonly devId: number;
}

export const FREES: ReadonlyMap<string, FreeShape> = new Map([
  ['free_irq', { irq: 0, devId: 1 }],
  ['devm_free_irq', { irq: 1, devId: 2 }],
  ['pci_free_irq', { irq: 1, devId: 2 }],
]);

/** Take an interrupt out of service until somebody enables it. */
export const DISABLES: ReadonlySet<string> = new Set([
  'disable_irq',
  'disable_irq_nosync',
  'disable_hardirq',
]);

/** Functions that store an affinity hint: the second argument is the mask, NULL takes it away. */
export const HINTS: ReadonlySet<string> = new Set([
  'irq_set_affinity_hint',
  'irq_update_affinity_hint',
  'irq_set_affinity_and_hint',
]);

/** Release the vectors of a device; every action must be gone by then. */
export const VECTOR_RELEASES: ReadonlySet<string> = new Set([
  'pci_free_irq_vectors',
  'pci_disable_msix',
  'pci_disable_msi',
  'platform_msi_domain_free_irqs',
]);

/** Whatever touches an interrupt's action: a function that names none of these needs no look. */
export const IRQ_CALL =
  /(?:request_(?:threaded_|any_context_)?|free_)irq\s*\(|irq_(?:set|update)_affinity(?:_and)?_hint\s*\(/g;

/** Functions that bring an object into being: the object is what the argument points to. */
export const INITIALISERS: ReadonlyMap<string, { readonly argument: number; readonly what: string }> =
  new Map(
    Object.entries({
      lock: 'spin_lock_init raw_spin_lock_init rwlock_init seqlock_init',
      mutex: 'mutex_init sema_init init_rwsem rt_mutex_init',
      completion: 'init_completion',
      'wait queue': 'init_waitqueue_head init_swait_queue_head init_rcuwait',
      work: 'INIT_WORK INIT_DELAYED_WORK INIT_DEFERRABLE_WORK kthread_init_work kthread_init_delayed_work init_irq_work',
      worker: 'kthread_init_worker',
      list: 'INIT_LIST_HEAD INIT_HLIST_HEAD init_llist_head',
      queue: 'skb_queue_head_init kfifo_init kfifo_alloc INIT_KFIFO',
      tasklet: 'tasklet_init tasklet_setup',
      timer: 'timer_setup timer_setup_on_stack hrtimer_init setup_timer init_timer',
      tree: 'idr_init ida_init xa_init xa_init_flags INIT_RADIX_TREE',
    }).flatMap(([what, names]) => names.split(' ').map((name) => [name, { argument: 0, what }] as const)),
  );

/** Store the driver's own pointer in its device, and read it: the slot is the device's, whatever the bus. */
export const DRVDATA_SETTERS =
  /^(?:platform|pci|dev|spi|amba|sdio|serdev_device|mcb|pnp|ssb|bcma|mdiodev|dev)_set_drvdata$|^i2c_set_clientdata$/;
export const DRVDATA_GETTERS =
  /^(?:platform|pci|dev|spi|amba|sdio|serdev_device|mcb|pnp|ssb|bcma|mdiodev|dev)_get_drvdata$|^i2c_get_clientdata$/;

/** False until the driver has registered, and somebody uses the device. */
export const FALSE_AT_FIRST: ReadonlySet<string> = new Set([
  'iio_buffer_enabled',
  'iio_trigger_using_own',
  'input_device_enabled',
]);

/** Counted by a subsystem when the driver registers with it. */
export const ZERO_AT_FIRST: ReadonlySet<string> = new Set(['dma_device.chancnt', 'comedi_device.attached']);

/** Print, or take NULL for an answer. */
export const TAKES_NULL =
  /^(?:k(?:z|v)?free|dev_\w+|pr_\w+|printk\w*|netdev_(?:err|warn|info|dbg)|clk_\w+|gpiod_\w+|WARN\w*|BUG_ON|IS_ERR\w*|PTR_ERR\w*|trace_\w+|put_device|of_node_put|dev_name|rtc_update_irq|extcon_set_state\w*|usb_role_switch_set_role|snd_soc_jack_report|snd_jack_report|pm_wakeup\w*|pm_relax|pm_stay_awake|irq_find_mapping|generic_handle_domain_irq|irq_resolve_mapping|(?:dev_)?(?:kfree|consume)_skb\w*|vfree|unlikely|likely|READ_ONCE|WRITE_ONCE|sizeof|container_of|\w*_(?:dbg|err|warn|info|log|debug|trace|printk))$/;

/** For texts: the last name in the argument of an initialiser that takes no address. */
export const INITIALISER_CALL = new RegExp(
  `\\b(?:${[...INITIALISERS.keys()].join('|')})\\s*\\([^();]*?(\\w+)\\s*[,)]`,
  'g',
);
