import { failAt, linesOf } from './text-lines.ts';

/** The kernel's build configuration: option (with CONFIG_) → `y`, `m`, `n` (is not set), a number or a string. */
export type KernelConfig = ReadonlyMap<string, string>;

/** /proc/config.gz (unpacked) or /boot/config-RELEASE. */
export function parseKernelConfig(text: string, file: string): KernelConfig {
  const config = new Map<string, string>();
  for (const line of linesOf(text, file)) {
    const unset = /^# (CONFIG_\w+) is not set$/.exec(line.text)?.[1];
    if (unset !== undefined) {
      config.set(unset, 'n');
      continue;
    }
    if (line.text === '' || line.text.startsWith('#')) continue;
    const set = /^(CONFIG_\w+)=(.*)$/.exec(line.text);
    if (set?.[1] === undefined) failAt(line, 'CONFIG_NAME=value or "# CONFIG_NAME is not set"', 1);
    config.set(set[1], set[2] ?? '');
  }
  return config;
}
