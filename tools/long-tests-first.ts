import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest, by folder or file: begun first, or one core idles at the end. A fresh clone has no times yet. */
const LONG: readonly string[] = [
  'test/machines/',
  'test/web/',
  'test/fuzz/',
  'test/golden/',
  'test/package/',
  'src/model/hotplug-bounds',
  'test/cli/',
  'src/observe/captures',
  'src/model/kernel-',
];

export class LongTestsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const path = relative(this.ctx.config.root, moduleId);
      const at = LONG.findIndex((prefix) => path.startsWith(prefix));
      return at < 0 ? LONG.length : at;
    };
    return [...sorted].sort((a, b) => rank(a) - rank(b));
  }
}
