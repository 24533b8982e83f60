import { parseKernelConfig } from '../parse/kernel-config.ts';
import type { ProcCmdline } from '../parse/proc-cmdline.ts';
import type { FileTree } from './file-tree.ts';
import { readParsed } from './tree-reader.ts';

/**
 * Whether the 32-bit system call gate (vector 0x80) is installed: built in, and not switched off at boot
 * (`ia32_emulation=`, CONFIG_IA32_EMULATION_DEFAULT_DISABLED; both since 6.7). Undefined when not readable.
 */
export function observeIa32Emulation(
  tree: FileTree,
  release: string | undefined,
  cmdline: ProcCmdline | undefined,
): boolean | undefined {
  const paths = [
    'proc/config.gz',
    ...(release === undefined || release.includes('/') ? [] : [`boot/config-${release}`]),
  ];
  for (const path of paths) {
    const config = readParsed(tree, path, parseKernelConfig);
    const built = config?.get('CONFIG_IA32_EMULATION');
    // A 32-bit kernel has no such option: the gate is its own system call.
    if (config?.get('CONFIG_X86_32') === 'y') return true;
    if (built === undefined) continue;
    return built === 'y' && isEnabled(cmdline, config?.get('CONFIG_IA32_EMULATION_DEFAULT_DISABLED') !== 'y');
  }
  // The sysctl comes with the emulation (`ia32_binfmt_init()`); where it is missing it may not have been copied.
  const hasSysctl = tree.mode('proc/sys/abi/vsyscall32') !== undefined;
  return hasSysctl ? isEnabled(cmdline, true) : undefined;
}

/** `ia32_emulation=` takes what `kstrtobool()` takes. */
function isEnabled(cmdline: ProcCmdline | undefined, byDefault: boolean): boolean {
  const value = cmdline?.params.get('ia32_emulation')?.toLowerCase();
  if (value === undefined) return byDefault;
  if (/^(?:[yt1]|on)/.test(value)) return true;
  return /^(?:[nf0]|of)/.test(value) ? false : byDefault;
}
