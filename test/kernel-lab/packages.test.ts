import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../host/machine-fixture.ts';
import { wantedModules } from './modules.ts';
import { kernelImage, LabError, mirrorIn } from './packages.ts';

describe('the mirror that apt is set up with', () => {
  it('is found in both forms of sources', () => {
    expect(mirrorIn('Types: deb\nURIs: http://mirror.test/debian\nSuites: bookworm\n')).toBe(
      'http://mirror.test/debian',
    );
    expect(mirrorIn('deb [signed-by=/k.gpg] http://mirror.test/debian/ bookworm main\n')).toBe(
      'http://mirror.test/debian/',
    );
  });

  it('is not one of other software, of security fixes, or of a comment', () => {
    expect(mirrorIn('deb http://mirror.test/node bookworm main\n')).toBeUndefined();
    expect(mirrorIn('URIs: http://mirror.test/debian-security\n')).toBeUndefined();
    expect(mirrorIn('# deb http://mirror.test/debian bookworm main\n')).toBeUndefined();
  });
});

describe('an unpacked kernel package', () => {
  const module = (needs: string): string => `ELF\0license=GPL\0depends=${needs}\0name=x\0`;

  it('gives the modules of the lab, each after what it needs, packed or split as releases do', () => {
    const folder = tempDir();
    const drivers = join(folder, 'lib/modules/6.1.0-50-amd64/kernel/drivers');
    mkdirSync(drivers, { recursive: true });
    const files = {
      'nvme.ko': module('nvme-core,t10-pi'),
      'nvme-core.ko': module('t10-pi'),
      't10-pi.ko': module(''),
      'soundcore.ko': module(''),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(drivers, name), text);
    expect(wantedModules(folder).map(({ name }) => name)).toEqual(['t10_pi', 'nvme_core', 'nvme']);
  });

  it('has its image in /boot, or beside its modules; without one it is told', () => {
    const [old, split, none] = [tempDir(), tempDir(), tempDir()];
    mkdirSync(join(old, 'boot'));
    writeFileSync(join(old, 'boot/vmlinuz-6.1.0-50-amd64'), '');
    expect(kernelImage(old)).toBe(join(old, 'boot/vmlinuz-6.1.0-50-amd64'));
    mkdirSync(join(split, 'usr/lib/modules/7.2-amd64'), { recursive: true });
    expect(kernelImage(split)).toBe(join(split, 'usr/lib/modules/7.2-amd64/vmlinuz'));
    expect(() => kernelImage(none)).toThrow(LabError);
  });
});
