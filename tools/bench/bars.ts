/** What a figure has to be: it is printed whether it is, and nothing fails by it. */
export interface Bar {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export function holds({
  value,
  atLeast = Number.NEGATIVE_INFINITY,
  atMost = Number.POSITIVE_INFINITY,
}: Bar): boolean {
  return value >= atLeast && value <= atMost;
}

export function printBars(bars: readonly Bar[]): void {
  console.log('\nbars');
  for (const bar of bars) {
    const limit = bar.atLeast === undefined ? `at most ${bar.atMost}` : `at least ${bar.atLeast}`;
    const figure = `${bar.value.toFixed(bar.value < 10 ? 2 : 0)} ${bar.unit}`;
    console.log(`  ${holds(bar) ? 'holds' : 'FAILS'}  ${bar.what}: ${figure} (${limit})`);
  }
}
