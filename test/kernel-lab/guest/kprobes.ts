/**
 * Every tracepoint is conditional on cpu_online(this CPU), and a CPU that goes offline moves its interrupts after
 * it left that mask: the tracepoints are silent there. Kprobes are not. The names are kernel functions of 5.10 to
 * 7.2; where one is inlined its probe cannot be set, and the replay goes without.
 */
export const KPROBES: readonly string[] = [
  'p:lab/k_update apic_update_vector irq=+4(%di):u32 vector=%si:u32 cpu=%dx:u32',
  'p:lab/k_cfg apic_update_irq_cfg irq=+4(%di):u32 vector=%si:u32 cpu=%dx:u32',
  'p:lab/k_free irq_matrix_free cpu=%si:u32 bit=%dx:u32 managed=%cx:u8',
  'r:lab/k_alloc irq_matrix_alloc ret=$retval:s32',
  'r:lab/k_alloc_managed irq_matrix_alloc_managed ret=$retval:s32',
  'p:lab/k_assign assign_vector_locked irq=+4(%di):u32',
  'p:lab/k_free_moved free_moved_vector',
  'p:lab/k_offline irq_matrix_offline',
  'p:lab/k_force irq_force_complete_move irq=+44(%di):u32',
  'p:lab/k_migrate_all irq_migrate_all_off_this_cpu',
  'p:lab/k_can_unplug lapic_can_unplug_cpu',
  'r:lab/k_can_unplug_ret lapic_can_unplug_cpu ret=$retval:s32',
  'p:lab/k_shutdown irq_shutdown_and_deactivate',
  'p:lab/k_managed_shutdown vector_assign_managed_shutdown irq=+4(%di):u32',
  'p:lab/k_deactivate x86_vector_deactivate irq=+4(%si):u32',
];
