/** Writes lines of cells under each other. */
export interface Aligner {
  /** Columns are as wide as the widest cell so far, three spaces apart; nothing stands behind the last. */
  format(lines: readonly (readonly string[])[]): string;
}

/** @param widths - to begin with, for what is known to come later */
export function createAligner(widths: readonly number[] = []): Aligner {
  const known = [...widths];
  return {
    format: (lines) => {
      for (const line of lines)
        for (const [column, cell] of line.entries())
          known[column] = Math.max(known[column] ?? 0, cell.length);
      return lines
        .map(
          (line) =>
            `${line
              .map((cell, at) => cell.padEnd((known[at] ?? 0) + 3))
              .join('')
              .trimEnd()}\n`,
        )
        .join('');
    },
  };
}
