/** Shows how far something is: a bar that is drawn anew on a terminal, a line for every tenth elsewhere. */
export interface Progress {
  show(fraction: number, text: string): void;
  end(): void;
}

const barChars = 24;
const redrawMs = 80;

/** Draws on a terminal, or writes lines to a file or pipe. */
export function progressOn(output: NodeJS.WriteStream): Progress {
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let tenths = -1;
  let hasBar = false;
  return {
    show(fraction, text) {
      const share = Math.min(1, Math.max(0, fraction));
      const percent = `${Math.floor(share * 100)} %`.padStart(5);
      if (!output.isTTY) {
        if (Math.floor(share * 10) <= tenths) return;
        tenths = Math.floor(share * 10);
        output.write(`${percent}  ${text}\n`);
        return;
      }
      const nowMs = performance.now();
      if (nowMs - drawnAtMs < redrawMs && share < 1) return;
      drawnAtMs = nowMs;
      hasBar = true;
      const filled = Math.round(share * barChars);
      const line = `${'█'.repeat(filled)}${'░'.repeat(barChars - filled)} ${percent}  ${text}`;
      output.write(`\r\x1b[K${line.slice(0, Math.max(20, (output.columns || 80) - 1))}`);
    },
    end() {
      if (hasBar) output.write('\n');
      hasBar = false;
    },
  };
}
