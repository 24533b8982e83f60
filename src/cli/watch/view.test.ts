import { describe, expect, it } from 'vitest';
import { FIRST_VIEW, type Key, keysOf, pressed, type View } from './view.ts';

/** The view after all of these keys. */
function viewAfter(data: string, view: View = FIRST_VIEW): View {
  return keysOf(data).reduce((now, key) => pressed(now, key, 10).view, view);
}

const commandOf = (key: Key, view = FIRST_VIEW): string | undefined => pressed(view, key, 10).command;

describe('what a terminal sends', () => {
  it('is split into keys, several at once', () => {
    expect(keysOf('a\u001b[A\u001bOB\u001b[5~\r\u007fé')).toEqual([
      { char: 'a' },
      'up',
      'down',
      'page-up',
      'enter',
      'backspace',
      { char: 'é' },
    ]);
  });

  it('is left out where it is no key that is known', () => {
    expect(keysOf('\u001b[15~\u0001\u001b[1;5C')).toEqual([]);
    expect(keysOf('\u001b')).toEqual(['escape']);
  });
});

describe('a key', () => {
  it('ends the view: q, and Ctrl-C whatever is typed', () => {
    expect(commandOf({ char: 'q' })).toBe('quit');
    expect(commandOf('ctrl-c', { ...FIRST_VIEW, typing: 'x' })).toBe('quit');
    expect(commandOf({ char: 'q' }, { ...FIRST_VIEW, typing: 'x' })).toBeUndefined();
    expect(commandOf('ctrl-z')).toBe('suspend');
  });

  it('sorts, from the first row on', () => {
    const orders = ['r', 'i', 'n', 'c'].map((key) => viewAfter(key, { ...FIRST_VIEW, top: 5 }));
    expect(orders.map(({ sort }) => sort)).toEqual(['rate', 'irq', 'name', 'cpu']);
    expect(orders.map(({ top }) => top)).toEqual([0, 0, 0, 0]);
  });

  it('turns to the CPUs and back', () => {
    expect(viewAfter('v').tab).toBe('cpus');
    expect(viewAfter('v\t').tab).toBe('irqs');
  });

  it('types a filter, corrects it, and enters it', () => {
    expect(viewAfter('/nvm').typing).toBe('nvm');
    expect(viewAfter('/nvm').filter).toBe('');
    expect(viewAfter('/nvx\u007fm\r')).toMatchObject({ filter: 'nvm', typing: undefined });
    expect(viewAfter('/a\r/b\u001b').filter).toBe('a');
    expect(viewAfter('/a\r\u001b').filter).toBe('');
    expect(viewAfter('/\u007f').typing).toBeUndefined();
  });

  it('does not take letters of a filter for keys', () => {
    expect(viewAfter('/v i')).toMatchObject({ tab: 'irqs', paused: false, sort: 'rate', typing: 'v i' });
  });

  it('holds the picture, and lets it go', () => {
    expect(viewAfter(' ').paused).toBe(true);
    expect(viewAfter('  ').paused).toBe(false);
  });

  it('shows the help until any other', () => {
    expect(viewAfter('?').help).toBe(true);
    expect(viewAfter('?v')).toMatchObject({ help: false, tab: 'irqs' });
  });

  it('scrolls by rows and pages, never above the first', () => {
    expect(viewAfter('\u001b[B\u001b[B').top).toBe(2);
    expect(viewAfter('\u001b[6~\u001b[5~\u001b[A').top).toBe(0);
    expect(viewAfter('\u001b[F\u001b[H').top).toBe(0);
  });
});
