import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Report } from '../../format/report.ts';
import { type Ask, type AskedChange, type ChangeKind, isKind, KINDS, tidyChange } from '../state/ask.ts';
import { changeView } from '../state/view.ts';
import { Icon } from './icon.tsx';

/** One change: what kind, and its value. Asked alone, or after those that are asked already. */
export function QuestionForm({ report, question }: { readonly report: Report; readonly question: Ask }) {
  const last = question?.changes.at(-1);
  const kind = useSignal<ChangeKind>(last?.kind ?? 'offline');
  const box = useRef<HTMLInputElement>(null);
  /** Also what was understood of what was typed. */
  const show = (value: string): void => {
    if (box.current !== null) box.current.value = value;
  };
  const asked = last === undefined ? '' : `${last.kind} ${last.value}`;
  useLayoutEffect(() => {
    // Suspend has a button of its own, and no box to leave empty.
    if (last !== undefined && last.kind !== 'suspend') kind.value = last.kind;
  }, [asked]);
  useLayoutEffect(() => show(last?.kind === kind.value ? last.value : ''), [asked, kind.value]);
  const ask = (changes: readonly AskedChange[]): void =>
    changeView({ ask: changes.length === 0 ? undefined : { changes, max: question?.max ?? false } });
  const typed = (): readonly AskedChange[] => {
    const change = tidyChange(kind.value, box.current?.value ?? '');
    show(change?.value ?? '');
    return change === undefined ? [] : [change];
  };
  const { label } = KINDS[kind.value];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        ask(typed());
      }}
    >
      <select
        class="what-if-kind"
        aria-label="What happens"
        value={kind.value}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          if (isKind(chosen)) kind.value = chosen;
        }}
      >
        {Object.entries(KINDS).map(([value, { option }]) => (
          <option key={value} value={value}>
            {option}
          </option>
        ))}
      </select>
      {label !== undefined && <label for="what-if-value">{label}</label>}
      <div class="what-if-line">
        {label !== undefined && (
          <input
            id="what-if-value"
            ref={box}
            placeholder={exampleOf(kind.value, report)}
            autocomplete="off"
            spellcheck={false}
          />
        )}
        <button type="submit">Ask</button>
        {question !== undefined && (
          <button type="button" onClick={() => ask([...question.changes, ...typed()])}>
            And then
          </button>
        )}
        <button type="button" onClick={() => ask([{ kind: 'suspend', value: '' }])}>
          Suspend?
        </button>
        {question !== undefined && (
          <button
            type="button"
            class="icon-button"
            aria-label="Clear the question"
            onClick={() => {
              show('');
              changeView({ ask: undefined });
              // The button goes; the focus must not go with it.
              box.current?.focus();
            }}
          >
            <Icon name="close" />
          </button>
        )}
      </div>
    </form>
  );
}

/** Of this machine where that is possible. */
function exampleOf(kind: ChangeKind, { cpus, irqs }: Report): string {
  const { example } = KINDS[kind];
  const online = cpus.filter(({ cpu, online: isOnline }) => isOnline && cpu > 0).map(({ cpu }) => cpu);
  const device = irqs.find((irq) => irq.device !== undefined)?.device;
  const own = {
    // CPU 0 cannot go.
    offline: online.slice(-2).reverse().join(','),
    isolate: online.slice(-2).join(','),
    online: cpus
      .filter((cpu) => !cpu.online)
      .map(({ cpu }) => cpu)
      .slice(0, 4)
      .join(','),
    remove: device,
    vfs: device && `${device}=4`,
  }[kind as string];
  return `e.g. ${own === undefined || own === '' ? example : own}`;
}
