import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

interface Props {
  readonly label: string;
  readonly class: string;
  /** Names of the columns' style classes, in order. */
  readonly columns: readonly string[];
  readonly head?: ComponentChildren;
  readonly count: number;
  /** Pixels; the style sheet has to agree. */
  readonly rowHeight: number;
  /** The table grows with its rows up to this many, then scrolls. */
  readonly visibleRows: number;
  /** A `tr`. */
  readonly row: (at: number) => ComponentChildren;
}

/** Rows beyond the edge that exist all the same, so that Tab finds the next one. */
const MARGIN = 4;

/** A table of which only the visible rows are in the document; two empty rows keep the place of the others. */
export function VirtualTable(props: Props) {
  const { label, columns, head, count, rowHeight, visibleRows, row } = props;
  const [scrollTop, setScrollTop] = useState(0);
  const height = Math.min(visibleRows, count) * rowHeight;
  const top = Math.min(scrollTop, Math.max(0, count * rowHeight - height));
  const first = Math.max(0, Math.floor(top / rowHeight) - MARGIN);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + MARGIN);
  const rows: ComponentChildren[] = [];
  for (let at = first; at < last; at++) rows.push(row(at));
  const headHeight = head === undefined ? 0 : rowHeight;
  return (
    <div
      class="virtual"
      style={{ height: `${height + headHeight}px` }}
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
    >
      <table class={props.class} aria-label={label} aria-rowcount={count}>
        <colgroup>
          {columns.map((name) => (
            <col key={name} class={`col-${name}`} />
          ))}
        </colgroup>
        {head !== undefined && <thead>{head}</thead>}
        <tbody>
          {first > 0 && <Space height={first * rowHeight} />}
          {rows}
          {last < count && <Space height={(count - last) * rowHeight} />}
        </tbody>
      </table>
    </div>
  );
}

function Space({ height }: { readonly height: number }) {
  return (
    <tr class="space">
      <td style={{ height: `${height}px` }} />
    </tr>
  );
}
