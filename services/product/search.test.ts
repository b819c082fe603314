import { as, outcome } from '@millrace/runtime/testing/callers.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSearch } from './search.ts';
import type { Shop } from './testing/shop.ts';
import { openShop } from './testing/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ hasConsumers: false });
  for (const [name, description] of products) await shop.add({ name, description });
});
afterAll(() => shop.close());

const products = [
  ['Mouse', 'A mouse with a wheel.'],
  ['Wireless mouse', 'Without a cable, for the left hand.'],
  ['Mouse pad', 'Soft cloth for any mouse.'],
  ['Running shoes', 'Light shoes for runners.'],
  ['T-shirt', 'Cotton, in red or blue.'],
  ['Café crème', 'Beans from Brazil.'],
  ['Keyboard', 'Goes well with a wireless mouse.'],
  ['Hiking boots', 'Waterproof.'],
  ['The Who', 'A record.'],
] as const;

interface Page {
  items: { id: string; name: string }[];
  nextCursor: string | null;
}
const list = async (query: Record<string, string>): Promise<Page> =>
  (await (await shop.ask('GET', `/api/products?${new URLSearchParams(query)}`, { caller: {} })).json()) as Page;
const found = async (q: string): Promise<string[]> => (await list({ q, limit: '100' })).items.map(({ name }) => name);

describe('a search finds', () => {
  test.each([
    ['a word, what is called so first', 'mouse', ['Mouse', 'Wireless mouse', 'Mouse pad', 'Keyboard']],
    ['a word by another form of it', 'shoe', ['Running shoes']],
    ['a stem', 'run', ['Running shoes']],
    ['every word', 'wireless mouse', ['Wireless mouse', 'Keyboard']],
    ['what is typed so far', 'wirel', ['Wireless mouse', 'Keyboard']],
    ['the last word of several so far', 'mouse whe', ['Mouse']],
    ['a beginning that is no stem', 'runnin', ['Running shoes']],
    ['one letter', 'k', ['Keyboard']],
    ['without an accent', 'cafe creme', ['Café crème']],
    ['with an accent', 'café', ['Café crème']],
    ['upper case', 'HIKING', ['Hiking boots']],
    ['a part of a word with a hyphen', 't-shi', ['T-shirt']],
    ['a phrase', '"wireless mouse"', ['Wireless mouse', 'Keyboard']],
    ['either word', 'boots or shirt', ['Hiking boots', 'T-shirt']],
    ['a word of no meaning, where it is a name', 'the who', ['The Who']],
    ['nothing where one word is nowhere', 'mouse elephant', []],
    ['nothing of signs alone', '!?&|:*()<->', []],
  ])('%s: %s', async (_, q, names) => {
    expect((await found(q)).sort()).toEqual([...names].sort());
  });
  test('not what is said not to be wanted', async () => {
    expect((await found('mouse -wireless')).sort()).toEqual(['Mouse', 'Mouse pad']);
    expect((await found('mouse -pads')).sort()).toEqual(['Keyboard', 'Mouse', 'Wireless mouse']);
  });
  test('the name before the description, and the exact name before all', async () => {
    expect((await found('mouse'))[0]).toBe('Mouse');
    expect((await found('mouse')).at(-1)).toBe('Keyboard');
    expect((await found('mouse pad'))[0]).toBe('Mouse pad');
  });
  test('everything, the newest first, where nothing was typed', async () => {
    const all = products.map(([name]) => name).toReversed();
    expect(await found('')).toEqual(all);
    expect(await found('   ')).toEqual(all);
  });
});

describe('a cursor', () => {
  test.each(['', 'mouse', 'wirel', 'e'])(
    'leads through all of "%s", each once, in the order of one page',
    async (q) => {
      const whole = await list({ q, limit: '100' });
      const seen: string[] = [];
      let cursor: string | null = '';
      for (let pages = 0; cursor !== null && pages < 20; pages += 1) {
        const page: Page = await list({ q, limit: '2', ...(cursor && { cursor }) });
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(whole.items.map(({ id }) => id));
    },
  );
  test('stays where it is when a better product comes', async () => {
    const first = await list({ q: 'mouse', limit: '2' });
    const rest = (await list({ q: 'mouse', limit: '100' })).items.slice(2);
    await shop.add({ name: 'Mouse' });
    const second = await list({ q: 'mouse', limit: '100', cursor: first.nextCursor ?? '' });
    expect(second.items).toEqual(rest);
    await shop.sql`update product set is_active = false where id = (select max(id::text)::uuid from product)`;
  });
  test('B25 that was changed, or is of another list, is refused', async () => {
    const { nextCursor } = await list({ q: 'mouse', limit: '1' });
    const cursor = nextCursor ?? '';
    const refused = { status: 400, slug: 'bad-cursor' };
    const ask = async (path: string) => outcome(await shop.ask('GET', path));
    expect(await ask(`/api/products?q=mouse&cursor=${cursor.slice(0, -2)}xx`)).toMatchObject(refused);
    expect(await ask(`/api/products?q=pad&cursor=${cursor}`)).toMatchObject(refused);
    expect(await ask(`/api/products?cursor=${cursor}`)).toMatchObject(refused);
    expect(await ask(`/api/products/all?q=mouse&cursor=${cursor}`)).toMatchObject(refused);
    expect(await ask('/api/products?cursor=x')).toMatchObject(refused);
  });
});

describe('the query', () => {
  test.each([
    ['B24 a parameter twice', 'limit=1&limit=9', 400, 'duplicate-parameter'],
    ['B24 an unknown parameter', 'includeRetired=true', 400, 'unknown-parameter'],
    ['B25 an order by name', 'sort=name;drop', 400, 'unknown-parameter'],
    ['B25 no items', 'limit=0', 422, 'range'],
    ['B25 less than none', 'limit=-1', 422, 'range'],
    ['B25 a billion', 'limit=1e9', 422, 'range'],
    ['a long search', `q=${'x'.repeat(201)}`, 422, 'too-long'],
  ])('%s is refused', async (_, query, status, slug) => {
    expect(await outcome(await shop.ask('GET', `/api/products?${query}`))).toMatchObject({ status, slug });
  });
  test('B23 an answer as XML is not to be had', async () => {
    expect((await shop.ask('GET', '/api/products', { headers: { accept: 'application/xml' } })).status).toBe(406);
  });
  test('of all products needs the scope', async () => {
    expect((await shop.ask('GET', '/api/products/all', { caller: as('ada') })).status).toBe(403);
    expect((await shop.ask('GET', '/api/products/all', { caller: {} })).status).toBe(401);
  });
  test('of any text at all is answered', async () => {
    const words = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({
        unit: fc.constantFrom("'", '"', '-', ':', '*', '&', '|', '!', '(', ')', '<', '>', '\\', ' ', 'a', 'or'),
        maxLength: 60,
      }),
      fc.constantFrom('㍿'.repeat(100), 'ﷺ'.repeat(100), '⑴', '½x', 'x\u0301', '\ufdfa'),
    );
    await fc.assert(
      fc.asyncProperty(words, async (q) => {
        const text = q.replaceAll('\0', '').slice(0, 200).toWellFormed();
        expect((await shop.ask('GET', `/api/products?q=${encodeURIComponent(text)}`)).status).toBe(200);
      }),
      { numRuns: 300 },
    );
  }, 180_000);
});

test.each([
  ['  shoe ', { whole: 'shoe', isPlain: true, typing: { before: '', start: 'shoe' } }],
  ['red sho', { whole: 'red sho', isPlain: true, typing: { before: 'red', start: 'sho' } }],
  ['red -sho', { whole: 'red -sho', isPlain: false }],
  ['"red sho', { whole: '"red sho', isPlain: false }],
  ['red!', { whole: 'red!', isPlain: true }],
  ['Café', { whole: 'Cafe', isPlain: true, typing: { before: '', start: 'Cafe' } }],
  [' ', undefined],
  [undefined, undefined],
])('%j is read as what it means', (text, terms) => {
  expect(readSearch(text)).toEqual(terms);
});
