import { plural } from '../../base/plural.ts';
import type { AuditAnswer } from '../../format/audit.ts';
import type { Output } from '../output.ts';
import { styleFor } from './style.ts';
import { printableAnswer } from './text.ts';

type Finding = AuditAnswer['findings'][number];

/** As a compiler prints: `file:line:col: warning: message [rule]`, then notes that point elsewhere, then a count. */
export function renderGcc(dirty: AuditAnswer, directories: number, out: Output): string {
  const answer = printableAnswer(dirty);
  const style = styleFor(out.color);
  const lines = answer.findings.flatMap((finding) => {
    const { file, line, column, severity, message, rule, related } = finding;
    const level = severity === 'warning' ? style.warn('warning:') : style.dim('note:');
    return [
      `${style.bold(`${file}:${line}:${column}:`)} ${level} ${message} [${rule}]`,
      ...related.map((place) => `${place.file}:${place.line}:${place.column}: note: ${place.message}`),
    ];
  });
  const left = [
    ...(answer.known > 0 ? [`${answer.known} known`] : []),
    ...(answer.allowed > 0 ? [`${answer.allowed} allowed`] : []),
  ];
  const rest = left.length > 0 ? ` (${left.join(', ')})` : '';
  const where = `${plural(answer.files, 'file')} in ${directories === 1 ? '1 directory' : `${directories} directories`}`;
  return `${[...lines, `${plural(answer.findings.length, 'finding')}${rest} in ${where}`].join('\n')}\n`;
}

/** Workflow commands: the findings become annotations of the changed lines. */
export function renderGithub(dirty: AuditAnswer): string {
  return printableAnswer(dirty)
    .findings.map((finding) => `${commandOf(finding)}\n`)
    .join('');
}

function commandOf({ severity, file, line, column, rule, message, related }: Finding): string {
  const [first] = related;
  const also = first === undefined ? '' : `; ${first.message}: ${first.file}:${first.line}`;
  const properties = { file, line, col: column, title: rule };
  const list = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${severity === 'warning' ? 'warning' : 'notice'} ${list.join(',')}::${escapeData(message + also)}`;
}

function escapeData(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
