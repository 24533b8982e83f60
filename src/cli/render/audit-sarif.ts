import type { Rule } from '../../audit/rules/rule.ts';
import type { AuditAnswer } from '../../format/audit.ts';

type Place = AuditAnswer['findings'][number]['related'][number];

/** The findings as SARIF 2.1.0, as code scanners exchange them. */
export function sarifOf(answer: AuditAnswer, rules: readonly Rule[], version: string): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'irqspace audit',
            semanticVersion: version,
            rules: rules.map(({ id, summary, why, severity, bad, good }) => ({
              id,
              shortDescription: { text: summary },
              fullDescription: { text: why },
              help: { text: `${why}\n\nInstead of\n\n${bad}\n\nwrite\n\n${good}` },
              defaultConfiguration: { level: severity },
            })),
          },
        },
        // Columns are counted in bytes; kernel sources have little else than ASCII.
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: answer.notes.map((text) => ({ level: 'note', message: { text } })),
          },
        ],
        results: answer.findings.map((finding) => ({
          ruleId: finding.rule,
          ruleIndex: rules.findIndex(({ id }) => id === finding.rule),
          level: finding.severity,
          message: { text: finding.message },
          locations: [
            { ...location(finding), logicalLocations: [{ name: finding.function, kind: 'function' }] },
          ],
          relatedLocations: finding.related.map((place, at) => ({
            id: at + 1,
            ...location(place),
            message: { text: place.message },
          })),
          partialFingerprints: { 'irqspaceAudit/v1': finding.fingerprint },
        })),
      },
    ],
  };
}

function location({ file, line, column }: Omit<Place, 'message'>): object {
  return {
    physicalLocation: {
      artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/') },
      region: { startLine: line, startColumn: column },
    },
  };
}
