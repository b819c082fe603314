import type { Call } from './stand-in-call.ts';
import { checkVersion, invalid, needSession, notFound, readJson, sendJson, sendVersion } from './stand-in-call.ts';
import type { Shop } from './stand-in-shop.ts';
import { grantUpload } from './stand-in-uploads.ts';

const avatarBytes = 2 * 1024 * 1024;

/** The user API, for the one person whom the stand-in's issuer knows. @returns whether the call was for it. */
export async function answerPeople(shop: Shop, call: Call): Promise<boolean> {
  if (!call.path.startsWith('/users/me')) return false;
  needSession(call);
  if (call.path === '/users/me/loyalty') sendLoyalty(shop, call);
  else if (call.path === '/users/me/avatar') await takeAvatar(shop, call);
  else if (call.path !== '/users/me') throw notFound();
  else if (call.method === 'GET') {
    if (!shop.profile) throw notFound();
    sendVersion(call.answer, shop.profile);
  } else if (call.method === 'DELETE') {
    Object.assign(shop, { profile: undefined, notices: [] });
    call.answer.writeHead(204).end();
  } else await save(shop, call);
  return true;
}

async function save(shop: Shop, call: Call): Promise<void> {
  const { email, name } = await readJson<{ email: string; name: string }>(call.request);
  if (!/^[^@\s]+@[^@\s]+\.[a-z]+$/i.test(email)) throw invalid('/email', 'Write an e-mail address.', 'format');
  if (!name.trim()) throw invalid('/name', 'Write 1 to 200 characters.', 'too-small');
  const at = new Date(shop.now()).toISOString();
  const old = shop.profile;
  if (old) {
    checkVersion(call, old.version, { isNeeded: false });
    shop.profile = { ...old, email, name, version: old.version + 1, updatedAt: at };
  } else {
    const avatar = { state: 'none' as const };
    const id = '00000000-0000-7000-8000-0000000000ad';
    shop.profile = { id, email, name, avatarUrl: null, avatar, version: 1, createdAt: at, updatedAt: at };
  }
  sendVersion(call.answer, shop.profile, old ? 200 : 201);
}

async function takeAvatar(shop: Shop, call: Call): Promise<void> {
  if (!shop.profile) throw notFound();
  const say = (news: object): void => {
    if (shop.profile) shop.profile = { ...shop.profile, ...news, version: shop.profile.version + 1 };
  };
  await grantUpload(shop, call, {
    maxBytes: avatarBytes,
    onGranted: () => say({ avatar: { state: 'waiting' } }),
    onStored: (url) => {
      const bytes = shop.pictures.get(url.split('/').pop() ?? '')?.bytes;
      const isPicture = bytes !== undefined && /^(\x89PNG|\xff\xd8\xff|RIFF)/.test(bytes.toString('latin1'));
      say(
        isPicture
          ? { avatar: { state: 'ready' }, avatarUrl: url }
          : { avatar: { state: 'refused', reason: 'wrong-type' } },
      );
    },
  });
}

function sendLoyalty(shop: Shop, call: Call): void {
  if (!shop.profile) throw notFound();
  const items = shop.orders.map((order) => {
    const isBack = order.state === 'rejected' || order.state === 'cancelled';
    const isGranted = ['confirmed', 'shipped', 'delivered'].includes(order.state);
    const state = isBack ? 'taken-back' : isGranted ? 'granted' : 'pending';
    return { orderId: order.id, points: Math.floor(order.total.amountMinor / 100), state, at: order.updatedAt };
  });
  const sum = (state: string): number =>
    items.filter((item) => item.state === state).reduce((all, item) => all + item.points, 0);
  sendJson(call.answer, { points: sum('granted'), pendingPoints: sum('pending'), items, nextCursor: null });
}
