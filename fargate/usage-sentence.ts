/** What is wrong with a command line, in one short sentence: Node's own words for it are long and speak of positional arguments. */
export function usageSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: string }).code ?? '';
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const [, option = ''] = /^Unknown option '(.*?)'(?:\. |$)/s.exec(message) ?? [];
    return `there is no option ${shown(option)} (--help lists them).`;
  }
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
    const [option = 'an option'] = /--[\w-]+/.exec(message) ?? [];
    const isTooMuch = message.includes('does not take');
    return `${option} ${isTooMuch ? 'takes no value' : 'needs a value'} (--help lists the options).`;
  }
  return `${shown(message.split('\n')[0] ?? '').replace(/\.$/, '')} (--help tells more).`;
}

const shown = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 120);
