const idForm = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const orderForm = new RegExp(`^/orders/(${idForm})$`, 'i');
const plain = {
  '/': 'analytics',
  '/shop': 'shop',
  '/cart': 'cart',
  '/orders': 'orders',
  '/profile': 'profile',
  '/notifications': 'notifications',
  '/operator': 'operator',
} as const;

/** What a path of this page shows. */
export type Place = { name: (typeof plain)[keyof typeof plain] } | { name: 'order'; id: string } | { name: 'nowhere' };

export function readPlace(path: string): Place {
  const name = Object.hasOwn(plain, path) ? plain[path as keyof typeof plain] : undefined;
  if (name) return { name };
  const id = orderForm.exec(path)?.[1];
  return id ? { name: 'order', id: id.toLowerCase() } : { name: 'nowhere' };
}

/** Is there a page at this path? */
export const isPlace = (path: string): boolean => readPlace(path).name !== 'nowhere';
