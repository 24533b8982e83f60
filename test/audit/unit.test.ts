/** A directory as a worker reads it, which may have changed since it was listed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditDirectory } from '../../src/cli/audit/unit.ts';
import { tempDir } from '../host/machine-fixture.ts';
import { initAfterRequestPairs } from './pairs/init-after-request.ts';
import { parser } from './parser.ts';

const OPTIONS = { strict: false, inventory: false };

describe('a directory', () => {
  it('of which files are gone is audited without them', () => {
    const path = tempDir();
    const file = join(path, 'foo.c');
    writeFileSync(file, initAfterRequestPairs[0]?.before ?? '');
    const files = [join(path, 'gone.c'), file, join(path, 'gone.h')];
    const { findings, notes } = auditDirectory({ path, files }, parser, OPTIONS);
    expect(findings).toHaveLength(1);
    expect(notes).toEqual([
      `${path}/gone.c: no such file or directory: not read`,
      `${path}/gone.h: no such file or directory: not read`,
    ]);
  });

  it('that is gone altogether is as many notes as it had files', () => {
    const gone = join(tempDir(), 'gone');
    const { findings, notes } = auditDirectory({ path: gone, files: [`${gone}/a.c`] }, parser, OPTIONS);
    expect(findings).toEqual([]);
    expect(notes).toEqual([`${gone}/a.c: no such file or directory: not read`]);
  });
});
