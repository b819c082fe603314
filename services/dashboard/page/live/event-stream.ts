/** One message of a server-sent event stream. */
export interface StreamMessage {
  event: string;
  data: string;
}

const maxBufferedChars = 4_000_000;

/**
 * Reads server-sent events as text arrives in pieces. Source: HTML standard, 9.2.6.
 * @throws when a message grows beyond all bounds.
 */
export function createStreamReader(onMessage: (message: StreamMessage) => void): (piece: string) => void {
  let buffer = '';
  let event = '';
  let data: string[] = [];
  const takeLine = (line: string): void => {
    if (line === '') {
      if (data.length > 0) onMessage({ event: event || 'message', data: data.join('\n') });
      event = '';
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  };
  return (piece) => {
    buffer += piece;
    if (buffer.length > maxBufferedChars) throw new Error('a live message is too large');
    // A carriage return at the end may be the first half of a line break.
    const lines = buffer.split(/\r\n|\n|\r(?!$)/);
    buffer = lines.pop() ?? '';
    for (const line of lines) takeLine(line);
  };
}
