import type { Finding, FindingLevel } from './finding.ts';

const WORDS: Readonly<Record<FindingLevel, string>> = { ok: 'ok', warn: 'WARN', fail: 'FAIL', skip: 'skip' };

/** A line for each, the command that mends it below, and a verdict at the end. */
export function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.map(
    ({ check, level, says, mend }) =>
      `${WORDS[level].padEnd(4)}  ${check.padEnd(width)}  ${says}\n${mend === undefined ? '' : `${' '.repeat(width + 8)}$ ${mend}\n`}`,
  );
  const count = (level: FindingLevel): number => findings.filter((finding) => finding.level === level).length;
  const [failed, warned, skipped] = [count('fail'), count('warn'), count('skip')];
  const verdict = [
    failed === 0 ? 'Nothing is broken' : `${failed} broken`,
    ...(warned === 0 ? [] : [`${warned} to look at`]),
    ...(skipped === 0 ? [] : [`${skipped} could not be looked at`]),
  ];
  return `${lines.join('')}\n${verdict.join(', ')}.\n`;
}
