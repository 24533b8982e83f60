/** The page on machines that exist: snapshots of real kernels (../shared), this machine, lone files. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LONE_DUMP } from './lone-dump.ts';
import { type Answers, answersOf, type CaptureName, capturePath, machineAt } from './machines.ts';
import { describePages } from './pages.ts';
import { geometry, painted } from './probe.ts';

const CLI = 'dist/cli/main.js';
const TITLES = {
  true: 'Hibernation fits',
  false: 'Hibernation does not fit',
  null: 'Hibernation cannot be decided',
};

/** A capture is read once, like the command line does it. */
function captured(name: CaptureName): Answers {
  const path = capturePath(name);
  if (path === undefined) throw new Error('no captures here');
  const machine = machineAt(path);
  return answersOf(() => machine);
}

const readout = (page: Page): Promise<string> => page.locator('.readout').innerText();
const legend = (page: Page): Promise<string[]> => page.locator('.legend li').allInnerTexts();

describePages('the page of a real machine', (pages) => {
  describe.skipIf(capturePath('off1') === undefined)('from a capture (needs ../shared)', () => {
    test('with an offline CPU: its row, its managed interrupts that are shut down, moves that wait', async () => {
      const machine = captured('off1');
      const page = await pages.open(machine);
      expect(await page.locator('h1').innerText()).toBe('Hibernation fits');
      expect(await page.locator('.verdict').innerText()).toContain(
        'Of 3 CPUs, 2 go offline. Tightest at CPU 3, step 2 of 2: 12 vectors have to move, 190 are available',
      );
      expect(await legend(page)).toEqual(expect.arrayContaining(['legacy ISA', 'move pending', 'system']));
      const at = await geometry(page, machine);
      await page.locator('.map-canvas').hover({ position: { x: at.x(100), y: at.y(1) + 5 } });
      expect(await readout(page)).toMatch(/CPU 1\s+offline, 2 set aside for managed interrupts/);
      const timer = at.x(48) + 2;
      await page.locator('.map-canvas').hover({ position: { x: timer, y: at.y(0) + 5 } });
      expect(await readout(page)).toMatch(/IRQ 0 timer\s+chip IO-APIC/);

      expect(await page.locator('.device-table tr', { hasText: '0000:01:00.0' }).innerText()).toContain(
        '1 shut down',
      );
      await page.getByRole('button', { name: '0000:01:00.0' }).click();
      expect(await page.locator('.irq-table').innerText()).toMatch(/nvme0q2\s+shut down\s+managed/);
      await page.locator('.irq-table').getByRole('button', { name: '36', exact: true }).click();
      expect(await page.locator('.interrupt').innerText()).toContain(
        'shut down: no CPU of its mask is online',
      );
      await page.evaluate(() => {
        location.hash = '#irq=40';
      });
      await page.locator('.explain', { hasText: 'smp_affinity asks for' }).waitFor();
    });

    test('that is nearly full: the what-if says what that kernel said', async () => {
      const dmesg = readFileSync(join(dirname(capturePath('full') ?? ''), '..', 'dmesg.txt'), 'utf8');
      const page = await pages.open(captured('full'));
      expect(await page.locator('h1').innerText()).toBe('Hibernation does not fit');
      const verdict = await page.locator('.verdict').innerText();
      expect(verdict).toContain('The kernel refuses at CPU 1, step 1 of 2');
      expect(verdict).toContain('In the end 483 regular vectors share CPU 0, which has room for 201.');

      const ask = async (cpus: string): Promise<void> => {
        await page.getByLabel('CPUs go offline, in this order').fill(cpus);
        await page.getByRole('button', { name: 'Ask' }).click();
      };
      await ask('2,1');
      await page.locator('.what-if-verdict').waitFor();
      const messages = await page.locator('.what-if .kernel-message').allInnerTexts();
      expect(messages).toEqual([
        'CPU 2 has 195 vectors, 114 available. Cannot disable CPU',
        expect.stringMatching(/^CPU 1 has \d+ vectors, \d+ available\. Cannot disable CPU$/),
      ]);
      for (const message of messages) expect(dmesg).toContain(message);

      // In this snapshot CPU 3 has gone already.
      await ask('3,2,1');
      await page.locator('.problem').waitFor();
      expect(await page.locator('.problem').innerText()).toBe('CPU 3 is offline already');
      pages.forgive((line) => line.includes('400'));
    });

    test('without vector numbers: bars under four nodes, and every interrupt can be reached', async () => {
      const machine = captured('numa');
      const page = await pages.open(machine);
      expect(await page.locator('#map-title').innerText()).toBe('Vectors in use, by CPU');
      expect(await page.getByRole('radio', { name: 'by node' }).isChecked()).toBe(true);
      expect(await page.locator('.chip').innerText()).toBe('inferred');
      expect(await page.locator('.chip').getAttribute('title')).toContain('counted from procfs and sysfs');
      expect(await legend(page)).toContain('managed, set aside');
      expect(await page.locator('.doubts').innerText()).toContain('vector numbers are not known');
      await page.locator('.map-canvas').focus();
      for (const key of ['ArrowRight', 'Control+End', 'Home']) await page.keyboard.press(key);
      const reached = new Set<string>();
      const mine = machine.report().irqs.filter((irq) => irq.cpu === 15);
      for (let n = 0; n < mine.length; n++) {
        reached.add(/IRQ (\d+)/.exec(await readout(page))?.[1] ?? '');
        await page.keyboard.press('Shift+ArrowRight');
      }
      expect([...reached].sort()).toEqual(mine.map(({ irq }) => String(irq)).sort());
    });

    test('with 64 CPUs: one canvas, and each move that waits is said', async () => {
      const machine = captured('big');
      const page = await pages.open(machine);
      expect(await page.locator('*').count()).toBeLessThan(700);
      const waiting = machine.report().irqs.find((irq) => irq.movePending);
      const at = await geometry(page, machine);
      const position = { x: at.x(waiting?.vector ?? 0) + 1, y: at.y(waiting?.cpu ?? 0) + 2 };
      await page.locator('.map-canvas').hover({ position });
      expect(await readout(page)).toContain(`IRQ ${waiting?.irq}`);
      expect(await readout(page)).toContain(`move pending to CPU ${waiting?.affinity}`);
    });

    test('with bounds: figures as a..b, and why', async () => {
      const machine = captured('isolated');
      const page = await pages.open(machine);
      const { totalAllocated } = machine.report().global;
      expect(await page.locator('.chip').innerText()).toBe('bounded');
      expect(await page.locator('.machine-facts').innerText()).toContain(
        `${totalAllocated.min}..${totalAllocated.max}`,
      );
      expect(await page.locator('.doubts').innerText()).toContain('may hold a second vector');
      expect(await legend(page)).toContain('free or not: not known');
    });

    test('whose counter has drifted', async () => {
      const page = await pages.open(captured('drift'));
      expect(await legend(page)).toContainEqual(expect.stringContaining('the kernel’s count has drifted'));
      await page.locator('.map-canvas').focus();
      for (const key of ['ArrowRight', 'ArrowDown', 'Home', 'ArrowLeft']) await page.keyboard.press(key);
      expect(await readout(page)).toMatch(/CPU 1\s+node 0\s+free 199 of 202/);
      expect(await readout(page)).toContain('the kernel counts 1 more free than there are');
    });
  });

  test('this one, read anew for every answer', async () => {
    const machine = answersOf(() => machineAt('/'));
    const hasVectors = machine.report().cpus.some((cpu) => cpu.capacity.max > 0);
    const page = await pages.open(machine);
    const title = hasVectors
      ? TITLES[`${machine.fits([{ kind: 'hibernate' }]).fits}`]
      : 'No x86 interrupt vectors here';
    expect(await page.locator('h1').innerText()).toBe(title);
    expect(await page.locator('.machine').innerText()).toContain('this machine');
    await page.getByRole('button', { name: 'Refresh' }).click();
    await painted(page);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  describe('from a lone file', () => {
    let directory: string;
    let dump: string;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'irqspace-dump-'));
      dump = join(directory, 'vector-dump.txt');
      await writeFile(dump, LONE_DUMP);
    });
    afterAll(() => rm(directory, { recursive: true }));

    test('a VECTOR dump: vectors without owners are shown and reached, and the kernel is assumed', async () => {
      const page = await pages.open(answersOf(() => machineAt(dump)));
      expect(await page.locator('h1').innerText()).toBe('Hibernation does not fit');
      expect(await page.locator('.machine').innerText()).toMatch(
        /release not known\s+vector rules of .*, assumed/,
      );
      expect(await page.locator('.findings').innerText()).toContain('the kernel is not named here');
      expect(await page.locator('.machine-facts').innerText()).toMatch(
        /interrupts\s+–\s+not named here\s+devices\s+–\s+not named here/,
      );
      expect(await legend(page)).toEqual(['managed, set aside', 'in use, owner not known', 'free', 'system']);
      expect(await page.locator('.devices').innerText()).toContain(
        'No interrupts are known here, only vectors.',
      );
      await page.locator('.map-canvas').focus();
      await page.keyboard.press('ArrowRight');
      expect(await readout(page)).toMatch(/CPU 0 · vector 33 \(0x21\)\s+in use, owner not known/);
      expect(await page.locator('#map-cell').textContent()).toContain('owner not known');
      for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'End', 'Shift+ArrowLeft'])
        await page.keyboard.press(key);
      expect(await readout(page)).toMatch(/CPU 3 · vector 100 \(0x64\)\s+in use, owner not known/);
      await page.keyboard.press('Enter');
      expect(page.url()).not.toContain('irq=');

      await page.getByLabel('CPUs go offline, in this order').fill('3');
      await page.getByRole('button', { name: 'Ask' }).click();
      await page.locator('.step-facts').waitFor();
      expect(await page.locator('.step-facts').innerText()).toMatch(
        /^62 moves from CPU 3: \d+ → \d, \d+ → \d, \d+ → \d$/,
      );
    });

    test('/proc/interrupts of another architecture: a list, and no question that has no answer', async () => {
      const page = await pages.open(answersOf(() => machineAt('test/fixtures/parse/interrupts-arm64')));
      expect(await page.locator('h1').innerText()).toBe('No x86 interrupt vectors here');
      expect(await page.locator('.map, .what-if').count()).toBe(0);
      expect((await page.locator('.device-table tbody tr').count()) > 0).toBe(true);
    });

    test.skipIf(!existsSync(CLI) || !existsSync('dist/web/index.html'))(
      'as the command line serves it (needs npm run build)',
      async () => {
        const child = spawn(process.execPath, [CLI, 'serve', '--port', '0', '--root', dump]);
        try {
          const page = await pages.openUrl(await urlFrom(child));
          expect(await page.locator('.machine').innerText()).toContain('vector-dump.txt');
          expect(await page.locator('h1').innerText()).toBe('Hibernation does not fit');
        } finally {
          const ended = new Promise((done) => child.once('exit', done));
          child.kill('SIGTERM');
          await ended;
        }
      },
    );
  });
});

/** What `serve` prints once it listens. */
function urlFrom(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const read = (chunk: Buffer): void => {
      said += String(chunk);
      const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(said)?.[0];
      if (url !== undefined) resolve(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${said}`)));
  });
}
