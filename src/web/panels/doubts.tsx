import type { Report } from '../../format/report.ts';

/** Why figures have bounds, and what could not be read and costs. Quiet: it matters only to who asks. */
export function Doubts({ report }: { readonly report: Report }) {
  const { doubts, missing, certainty } = report;
  if (doubts.length + missing.length === 0 && certainty !== 'exact') return null;
  return (
    <section class="panel doubts" aria-labelledby="doubts-title">
      <h2 id="doubts-title">What is not known</h2>
      {doubts.length === 0 && missing.length === 0 && (
        <p class="quiet">Everything could be read; every figure is exact.</p>
      )}
      {doubts.length > 0 && (
        <ul>
          {doubts.map((doubt) => (
            <li key={doubt}>{doubt}</li>
          ))}
        </ul>
      )}
      {missing.length > 0 && (
        <dl>
          {missing.map(({ path, cost }) => (
            <div key={path}>
              <dt>
                <code>{path}</code>
              </dt>
              <dd>{cost}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
