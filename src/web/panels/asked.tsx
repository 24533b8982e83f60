import { bringsDevices, changeText, KINDS, type Question } from '../state/ask.ts';
import { changeView } from '../state/view.ts';
import { Icon } from './icon.tsx';

/** The changes that are asked, each of which can be taken out; nothing for one that its answer names anyway. */
export function Asked({ question }: { readonly question: Question }) {
  const { changes, max } = question;
  return (
    <>
      {changes.length > 1 && (
        <ol class="asked">
          {changes.map((change, at) => (
            <li key={`${at} ${changeText(change)}`}>
              <span>
                {KINDS[change.kind].option} <b class="tabular">{change.value}</b>
              </span>
              <button
                type="button"
                class="icon-button"
                aria-label={`Without ${changeText(change)}`}
                onClick={() => {
                  const rest = { changes: changes.filter((_, n) => n !== at), max };
                  changeView({ ask: { ...rest, max: max && bringsDevices(rest) } });
                }}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ol>
      )}
      {bringsDevices(question) && (
        <label class="most">
          <input
            type="checkbox"
            checked={max}
            onChange={(event) => changeView({ ask: { changes, max: event.currentTarget.checked } })}
          />
          How many fit at most?
        </label>
      )}
    </>
  );
}
