/** What the summaries say for people is what the drivers do: their words are held against a device that runs. */
import { describe, expect, it } from 'vitest';
import { BoundDevice } from '../../../test/model/bound-device.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Driver } from './driver.ts';

function running(driver: Driver): BoundDevice {
  const nic = new BoundDevice(new TestMachine('6.1.192', 8), driver);
  expect(nic.probe()).toBe(0);
  if (driver.open !== undefined) expect(nic.open()).toBe(0);
  return nic;
}

describe.each([...CATALOGUE.values()])('the summary of $name', (driver) => {
  const { summary } = driver;

  it('is one to three sentences that a table can hold', () => {
    expect(summary).toMatch(/^[A-Z][^\n|`]+\.$/);
    expect(summary.length).toBeLessThanOrEqual(300);
    const sentences = summary.split(/\. (?=[A-Z])/).length;
    expect([1, 2, 3]).toContain(sentences);
    expect(summary).not.toMatch(/ {2}| $/);
  });

  it('says whether its interrupts are managed', () => {
    const nic = running(driver);
    const managed = nic.handlers.some((line) => {
      const message = Number.parseInt(line, 10);
      return nic.machine.irq(nic.device.fn.address, message).managed;
    });
    expect(/\bspread and managed\b/.test(summary)).toBe(managed);
    expect(/\bnot managed\b|\bnone (is )?managed\b/i.test(summary)).toBe(!managed);
  });

  it('says when they are requested: with the link, or at probe', () => {
    if (driver.open !== undefined) expect(summary).toMatch(/\blink(-up)?\b/);
    const nic = new BoundDevice(new TestMachine('6.1.192', 8), driver);
    expect(nic.probe()).toBe(0);
    expect(summary.includes('requested at probe')).toBe(nic.handlers.length > 0);
  });

  it('says whether its vectors outlast a suspend', () => {
    const nic = running(driver);
    nic.suspend();
    if (nic.enabled > 0) expect(summary).toMatch(/\b(keeps|stays?|neither suspend)\b/);
    else expect(summary).toMatch(/\b(gives? all|given back)\b/);
  });
});
