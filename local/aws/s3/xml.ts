import { malformedXml } from './s3-error.ts';

/** One element of a request's XML. Attributes and namespaces are not kept: nothing of S3's depends on them. */
export interface Element {
  name: string;
  text: string;
  children: Element[];
}

const maxDepth = 10;
const maxElements = 10_000;
const syntax =
  /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Reads a document whose root is `rootName`. Throws MalformedXML; documents with a DTD are malformed too. */
export function parseXml(source: string, rootName: string): Element {
  const top: Element = { name: '', text: '', children: [] };
  const open = [top];
  let elements = 0;
  syntax.lastIndex = source.startsWith('\ufeff') ? 1 : 0;
  while (syntax.lastIndex < source.length) {
    const [found, close, name, , selfClose, text] = syntax.exec(source) ?? [];
    const parent = open.at(-1);
    if (found === undefined || parent === undefined) throw malformedXml();
    if (text !== undefined) parent.text += unescapeXml(text);
    if (name === undefined) continue;
    if (close === '/') {
      if (open.length === 1 || parent.name !== localName(name)) throw malformedXml();
      open.pop();
      continue;
    }
    elements += 1;
    if (elements > maxElements || open.length > maxDepth) throw malformedXml();
    const element: Element = { name: localName(name), text: '', children: [] };
    parent.children.push(element);
    if (selfClose !== '/') open.push(element);
  }
  const [root, ...others] = top.children;
  const isWhole = open.length === 1 && top.text.trim() === '' && others.length === 0;
  if (!isWhole || root?.name !== rootName) throw malformedXml();
  return root;
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{1,8}));|&/g, (_, decimal, hex, name) => {
    if (name !== undefined) {
      const character = entities[String(name)];
      if (character === undefined) throw malformedXml();
      return character;
    }
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    if (!Number.isInteger(code) || code > 0x10ffff) throw malformedXml();
    return String.fromCodePoint(code);
  });
}

/** The texts of all children with a name. */
export const textsOf = (element: Element, name: string): string[] =>
  element.children.filter((child) => child.name === name).map((child) => child.text.trim());

/** The content of elements: text, or elements by name; a list is the element again and again, and undefined none. */
export type Content = string | number | boolean | { [name: string]: Content | Content[] | undefined };

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A document of S3's. Errors and answers to forms have no namespace. */
export function renderXml(root: string, content: Content, options: { hasNamespace: boolean }): string {
  const attribute = options.hasNamespace ? ` xmlns="${namespace}"` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${renderContent(content)}</${root}>`;
}

function renderContent(content: Content): string {
  if (typeof content !== 'object') return escapeXml(String(content));
  return Object.entries(content)
    .flatMap(([name, value]) => [value ?? []].flat().map((one) => `<${name}>${renderContent(one)}</${name}>`))
    .join('');
}

const escapeXml = (text: string): string =>
  text.replace(/[&<>"\u0000-\u001f]/g, (character) => {
    const named = Object.entries(entities).find(([, plain]) => plain === character);
    return named === undefined ? `&#${character.charCodeAt(0)};` : `&${named[0]};`;
  });
