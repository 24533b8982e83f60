import type { Report } from '../../format/report.ts';
import { answeredAt, hasVectors, isAsking, refresh } from '../state/answers.ts';
import { CERTAINTY_MEANINGS, certaintyWord } from '../state/certainty.ts';
import { isDark, systemIsDark } from '../state/theme.ts';
import { changeView, view } from '../state/view.ts';
import { Icon } from './icon.tsx';

export function MachineBar({ report }: { readonly report: Report | undefined }) {
  return (
    <header class="machine-bar">
      <span class="wordmark">irqspace</span>
      {report !== undefined && <Machine report={report} />}
      <div class="controls">
        {answeredAt.value !== undefined && (
          <span class="quiet tabular" title="When the machine was read">
            {answeredAt.value.toLocaleTimeString('en-GB')}
          </span>
        )}
        <label class="switch" title="Read the machine again every 2 seconds">
          <input
            type="checkbox"
            checked={view.value.auto}
            onChange={(event) => changeView({ auto: event.currentTarget.checked })}
          />
          every 2 s
        </label>
        <button type="button" onClick={() => void refresh()} aria-busy={isAsking.value}>
          <Icon name="refresh" /> Refresh
        </button>
        <ThemeButton />
      </div>
    </header>
  );
}

function Machine({ report }: { readonly report: Report }) {
  const { release, profile, assumption } = report.kernel;
  const certainty = certaintyWord(report);
  return (
    <div class="machine">
      <strong title={report.source}>{shortPath(report.source)}</strong>
      <span class="tabular">{release === undefined ? 'release not known' : `Linux ${release}`}</span>
      {hasVectors(report) && (
        <>
          <span class="quiet" title={assumption}>
            vector rules of {profile}
            {assumption !== undefined && ', assumed'}
          </span>
          <span class={`chip chip-${certainty}`} title={CERTAINTY_MEANINGS[certainty]}>
            {certainty}
          </span>
        </>
      )}
    </div>
  );
}

/** The end of a long path names the machine. */
function shortPath(path: string): string {
  return path.length <= 44 ? path : `…/${path.split('/').slice(-2).join('/')}`;
}

/** Back to the system's theme when the choice comes to the same. */
function ThemeButton() {
  const next = isDark.value ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Change to the ${next} theme`}
      title={`Change to the ${next} theme`}
      onClick={() => changeView({ theme: (next === 'dark') === systemIsDark.value ? 'system' : next })}
    >
      <Icon name={isDark.value ? 'sun' : 'moon'} />
    </button>
  );
}
