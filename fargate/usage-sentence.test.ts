import { parseArgs } from 'node:util';
import { describe, expect, it } from 'vitest';
import { usageSentence } from './usage-sentence.ts';

function sentenceFor(...args: string[]): string {
  try {
    parseArgs({
      args,
      allowPositionals: true,
      options: { file: { type: 'string' }, json: { type: 'boolean', short: 'j' } },
    });
  } catch (error) {
    return usageSentence(error);
  }
  return 'nothing is wrong';
}

describe('what is wrong with a command line', () => {
  it.each([
    [['--nonsense'], 'there is no option --nonsense (--help lists them).'],
    [['--nonsense=1'], 'there is no option --nonsense (--help lists them).'],
    [['-x'], 'there is no option -x (--help lists them).'],
    [["--it's"], "there is no option --it's (--help lists them)."],
    [['--two\nlines'], 'there is no option --two lines (--help lists them).'],
    [['--file'], '--file needs a value (--help lists the options).'],
    [['--file', '--json'], '--file needs a value (--help lists the options).'],
    [['--json=yes'], '--json takes no value (--help lists the options).'],
    [['--file', 'a', 'b'], 'nothing is wrong'],
  ])('%j', (words, sentence) => {
    expect(sentenceFor(...words)).toBe(sentence);
  });
});
