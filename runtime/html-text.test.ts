import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapeHtml } from './html-text.ts';

it('leaves no character that HTML knows, and can be read back', () => {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  const read = (html: string) => html.replaceAll(/&([^;]+);/g, (_, name: string) => characters[name] ?? '?');
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: fc.constantFrom(...'&<>"\'a;#39') }), fc.string()), (text) => {
      const html = escapeHtml(text);
      expect(html).not.toMatch(/[<>"']/);
      expect(read(html)).toBe(text);
    }),
  );
});
