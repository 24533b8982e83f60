/**
 * Everything the reading commands need of a machine: what a capture holds. Shell patterns below the root, with
 * `*` and `[0-9]` only, so that tools/capture.sh can carry the same lines (a test compares them).
 */
export const CAPTURE_FILES: readonly string[] = [
  'proc/interrupts',
  'proc/softirqs',
  'proc/stat',
  'proc/uptime',
  'proc/version',
  'proc/cmdline',
  'proc/cpuinfo',
  'proc/modules',
  'proc/config.gz',
  'proc/sys/abi/vsyscall32',
  'proc/irq/default_smp_affinity',
  'proc/irq/[0-9]*/smp_affinity',
  'proc/irq/[0-9]*/smp_affinity_list',
  'proc/irq/[0-9]*/effective_affinity',
  'proc/irq/[0-9]*/effective_affinity_list',
  'proc/irq/[0-9]*/affinity_hint',
  'proc/irq/[0-9]*/node',
  'proc/irq/[0-9]*/spurious',
  'boot/config-RELEASE',
  'sys/kernel/irq/[0-9]*/*',
  'sys/kernel/debug/irq/domains/*',
  'sys/kernel/debug/irq/irqs/*',
  'sys/bus/pci/devices/*/vendor',
  'sys/bus/pci/devices/*/device',
  'sys/bus/pci/devices/*/class',
  'sys/bus/pci/devices/*/subsystem_vendor',
  'sys/bus/pci/devices/*/subsystem_device',
  'sys/bus/pci/devices/*/revision',
  'sys/bus/pci/devices/*/numa_node',
  'sys/bus/pci/devices/*/local_cpulist',
  'sys/bus/pci/devices/*/irq',
  'sys/bus/pci/devices/*/enable',
  'sys/bus/pci/devices/*/msi_bus',
  'sys/bus/pci/devices/*/msi_irqs/*',
  'sys/bus/pci/devices/*/sriov_numvfs',
  'sys/bus/pci/devices/*/sriov_totalvfs',
  'sys/devices/system/cpu/online',
  'sys/devices/system/cpu/offline',
  'sys/devices/system/cpu/possible',
  'sys/devices/system/cpu/present',
  'sys/devices/system/cpu/isolated',
  'sys/devices/system/cpu/nohz_full',
  'sys/devices/system/cpu/kernel_max',
  'sys/devices/system/cpu/cpu[0-9]*/online',
  'sys/devices/system/cpu/cpu[0-9]*/topology/*',
  'sys/devices/system/node/online',
  'sys/devices/system/node/possible',
  'sys/devices/system/node/node[0-9]*/cpulist',
  'sys/devices/system/node/node[0-9]*/distance',
  'sys/class/net/*/operstate',
  'sys/block/*/mq/*/cpu_list',
];

/** Symbolic links: kept as links, with the last component of their target. */
export const CAPTURE_LINKS: readonly string[] = [
  'sys/bus/pci/devices/*/driver',
  'sys/class/net/*/device',
  'sys/block/*/device',
];

/** Stands for the running kernel's release, the third word of proc/version. */
export const RELEASE = 'RELEASE';
