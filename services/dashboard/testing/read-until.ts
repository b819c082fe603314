/** Reads a stream until this text was in it; a heartbeat may come before. */
export async function readUntil(reader: ReadableStreamDefaultReader<string>, text: string): Promise<void> {
  for (let seen = ''; !seen.includes(text); ) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The stream ended before "${text}".`);
    seen += value;
  }
}
