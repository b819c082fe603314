import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ApiError, call, shopAddress } from './client.ts';
import { mayPass } from './queries.ts';
import type {
  Loyalty,
  NoticeItem,
  Order,
  OrderMove,
  Page,
  Payment,
  PaymentInNeed,
  Product,
  Profile,
  Recommendation,
  ShopFigures,
} from './shop-types.ts';

const pageSize = 24;
const movingMs = 1_000;
const listMs = 5_000;
const ended = new Set(['delivered', 'rejected', 'cancelled']);

/** Does nothing more happen to this order by itself? */
export const hasEnded = (order: Pick<Order, 'state'>): boolean => ended.has(order.state);

function pagesQuery<Item>(key: readonly unknown[], path: string, query: Record<string, string | undefined> = {}) {
  return infiniteQueryOptions({
    queryKey: key,
    queryFn: ({ signal, pageParam }) =>
      call<Page<Item>>(shopAddress(path, { ...query, limit: pageSize, cursor: pageParam }), { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

/** `isWhole`: the retired ones too, for who may write. */
export const productsQuery = (words: string, options: { isWhole?: boolean } = {}) =>
  pagesQuery<Product>(
    ['products', options.isWhole ? 'all' : 'sold', words],
    options.isWhole ? '/products/all' : '/products',
    { q: words || undefined },
  );

export const productQuery = (id: string) =>
  queryOptions({
    queryKey: ['product', id],
    queryFn: ({ signal }) => call<Product>(shopAddress(`/products/${id}`), { signal }),
  });

export const recommendationsQuery = queryOptions({
  queryKey: ['recommendations'],
  queryFn: ({ signal }) =>
    call<{ items: Recommendation[] }>(shopAddress('/products/recommendations', { limit: 4 }), { signal }),
});

export const ordersQuery = () => ({
  ...pagesQuery<Order>(['orders'], '/orders'),
  refetchInterval: listMs,
});

/** Asked for once a second while the order moves. */
export const orderQuery = (id: string) =>
  queryOptions({
    queryKey: ['order', id],
    queryFn: ({ signal }) => call<Order>(shopAddress(`/orders/${id}`), { signal }),
    // What ended stays, and what is not there does not come.
    refetchInterval: ({ state }) => {
      const isGone = state.error instanceof ApiError && state.error.status === 404;
      return isGone || (state.data && hasEnded(state.data)) ? false : movingMs;
    },
    staleTime: 0,
  });

export const historyQuery = (order: Pick<Order, 'id' | 'version'>) =>
  queryOptions({
    queryKey: ['history', order.id, order.version],
    queryFn: ({ signal }) =>
      call<{ items: OrderMove[] }>(shopAddress(`/orders/${order.id}/history`), { signal }).then(({ items }) => items),
    placeholderData: (known) => known,
  });

export const paymentQuery = (order: Pick<Order, 'id' | 'version'>) =>
  queryOptions({
    queryKey: ['payment', order.id, order.version],
    queryFn: ({ signal }) =>
      call<Page<Payment>>(shopAddress('/payments', { orderId: order.id }), { signal })
        .then(({ items }) => items[0] ?? null)
        .catch(absent),
    placeholderData: (known) => known,
  });

export const attentionQuery = () => pagesQuery<PaymentInNeed>(['attention'], '/payments/attention');

/** `null`: nobody has registered yet. */
export const profileQuery = queryOptions({
  queryKey: ['profile'],
  queryFn: ({ signal }) => call<Profile>(shopAddress('/users/me'), { signal }).catch(absent),
  // A picture is looked at before it is shown.
  refetchInterval: ({ state }) => (state.data?.avatar.state === 'waiting' ? movingMs : false),
});

export const loyaltyQuery = () =>
  infiniteQueryOptions({
    queryKey: ['loyalty'],
    queryFn: ({ signal, pageParam }) =>
      call<Loyalty>(shopAddress('/users/me/loyalty', { limit: 10, cursor: pageParam }), { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    // What is pending becomes points, or nothing.
    refetchInterval: ({ state }) => ((state.data?.pages[0]?.pendingPoints ?? 0) > 0 ? listMs : false),
  });

export const noticesQuery = () => pagesQuery<NoticeItem>(['notices'], '/notifications');

/** `null`: these figures are not there. */
export const shopFiguresQuery = (days: number) =>
  queryOptions({
    queryKey: ['shop-figures', days],
    queryFn: ({ signal }) => {
      const toMs = Date.now();
      const [from, to] = [toMs - days * 86_400_000, toMs].map((at) => new Date(at).toISOString());
      return call<ShopFigures>(shopAddress('/analytics/shop', { from, to }), { signal }).catch(absent);
    },
    refetchInterval: 15_000,
    retry: (failures, error) => failures < 2 && mayPass(error),
  });

function absent(error: unknown): null {
  if (error instanceof ApiError && error.status === 404) return null;
  throw error;
}
