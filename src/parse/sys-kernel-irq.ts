/** `actions` of /sys/kernel/irq/N: names joined by commas, nothing when not requested (`actions_show()`). */
export function parseSysActions(text: string): readonly string[] {
  const names = text.replace(/\r?\n$/, '');
  return names === '' ? [] : names.split(',');
}

/** `chip_name` of /sys/kernel/irq/N; undefined when the interrupt has no chip or the chip no name. */
export function parseSysChipName(text: string): string | undefined {
  const name = text.trim();
  return name === '' || name === '(null)' || name === 'none' ? undefined : name;
}
