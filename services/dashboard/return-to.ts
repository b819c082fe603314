const maxChars = 2_000;
const somewhere = 'https://page.invalid';

/** The place on this page to go to after the login. Whatever leads elsewhere, or back into the login, becomes the start. */
export function readReturnTo(text: string | undefined): string {
  if (!text?.startsWith('/') || text.length > maxChars || hasControl(text)) return '/';
  const url = URL.parse(text, somewhere);
  if (!url || url.origin !== somewhere || url.pathname.startsWith('//')) return '/';
  if (/^\/(session|api|local)(\/|$)/.test(url.pathname)) return '/';
  return url.pathname + url.search + url.hash;
}

/** Browsers drop tabs and line breaks from URLs and read a backslash as a slash. */
function hasControl(text: string): boolean {
  return [...text].some((character) => character === '\\' || character <= ' ' || character === '\x7f');
}
