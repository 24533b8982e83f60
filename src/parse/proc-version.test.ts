import { describe, expect, it } from 'vitest';
import { parseProcVersion, parseVersionSignature } from './proc-version.ts';

const GCC = '(gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40)';

describe('parseProcVersion', () => {
  it.each([
    [
      `6.1.0-56-amd64 (debian-kernel@lists.debian.org) ${GCC} #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)`,
      '6.1.192',
      'debian',
    ],
    [
      `7.2.12+deb14-amd64 (debian-kernel@lists.debian.org) ${GCC} #1 SMP PREEMPT_DYNAMIC Debian 7.2.12-1 (2026-10-22)`,
      '7.2.12',
      'debian',
    ],
    [
      `6.12.9+bpo-amd64 (debian-kernel@lists.debian.org) ${GCC} #1 SMP Debian 6.12.9-1~bpo12+1 (2025-01-19)`,
      '6.12.9',
      'debian',
    ],
    [`6.1.192-irqlab (root@vm) ${GCC} #2 SMP Sun Nov 22 13:20:10 UTC 2026`, '6.1.192', undefined],
    [
      '6.18.44-fc-v669 (builder@sandboxing) (gcc (GCC) 15.3.0, GNU ld (GNU Binutils) 2.46) #1 SMP PREEMPT_DYNAMIC @0',
      '6.18.44',
      undefined,
    ],
    [
      '5.14.0-427.el9.x86_64 (mockbuild@x86-vm-09.build.eng.bos.redhat.com) (gcc (GCC) 11.4.1) #1 SMP PREEMPT_DYNAMIC Fri Feb 23 04:45:07 EST 2024',
      '5.14.0',
      'redhat',
    ],
    [
      '6.8.9-300.fc40.x86_64 (mockbuild@0bc0cc78c12e4762acf61c209bd02e96) (gcc (GCC) 14.0.1) #1 SMP PREEMPT_DYNAMIC Thu May  2 18:59:06 UTC 2024',
      '6.8.9',
      'fedora',
    ],
    [
      '5.15.0-91-generic (buildd@lcy02-amd64-045) (gcc (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0) #101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023',
      '5.15.0',
      'ubuntu',
    ],
    [
      '5.14.21-150500.55.39-default (geeko@buildhost) (gcc (SUSE Linux) 7.5.0) #1 SMP PREEMPT_DYNAMIC Tue Dec 5 10:06:35 UTC 2023',
      '5.14.21',
      'suse',
    ],
    [
      '6.9.7-arch1-1 (linux@archlinux) (gcc (GCC) 14.1.1 20240522) #1 SMP PREEMPT_DYNAMIC Fri, 28 Jun 2024 04:32:50 +0000',
      '6.9.7',
      'arch',
    ],
    ['7.2-rc3 (me@home) (gcc) #1', '7.2.0', undefined],
    ['6.6.1', '6.6.1', undefined],
    ['experimental (me@home)', undefined, undefined],
  ])('Linux version %s', (rest, version, distribution) => {
    const parsed = parseProcVersion(`Linux version ${rest}\n`);
    const { major, minor, patch } = parsed.version ?? {};
    expect(version).toBe(major === undefined ? undefined : `${major}.${minor}.${patch}`);
    expect(parsed).toMatchObject({ release: rest.split(' ')[0], distribution });
  });

  it('refuses what is no banner', () => {
    expect(() => parseProcVersion('FreeBSD 14.1')).toThrow(
      'proc/version:1:1: expected "Linux version" and a release',
    );
  });

  it('reads the upstream version of Ubuntu', () => {
    expect(parseVersionSignature('Ubuntu 5.15.0-91.101-generic 5.15.131\n')).toEqual({
      major: 5,
      minor: 15,
      patch: 131,
    });
    expect(parseVersionSignature('what')).toBeUndefined();
  });
});
