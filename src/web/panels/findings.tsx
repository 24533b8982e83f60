import type { Finding, Report } from '../../format/report.ts';
import { Icon } from './icon.tsx';

const ORDER: readonly Finding['severity'][] = ['error', 'warning', 'note'];

export function Findings({ findings }: { readonly findings: Report['findings'] }) {
  if (findings.length === 0) return <p class="quiet findings-none">No findings.</p>;
  const sorted = ORDER.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
  return (
    <ul class="findings" aria-label="Findings">
      {sorted.map((finding) => (
        <li key={finding.code + finding.text} class={`finding-${finding.severity}`} title={finding.code}>
          <Icon name={finding.severity} />
          <span>
            <span class="visually-hidden">{finding.severity}: </span>
            {finding.text}
          </span>
        </li>
      ))}
    </ul>
  );
}
