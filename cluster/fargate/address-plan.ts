import type { FargateProfile } from '@millrace/catalog/profiles.ts';

/** A node's zone and its address in that zone's subnet. */
export interface Place {
  /** A zone's letter. */
  zone: string;
  address: string;
}

/** Hands out zones and addresses, and knows those that are in use. */
export interface AddressPlan {
  /** The next zone of the profile in turn, and an address there that no node has. @throws RangeError when a subnet is full. */
  next(profile: FargateProfile): Place;
  /** A node that is there already; `profile` is the name of the one that it was made for. */
  take(address: string, profile: string): void;
  giveBack(address: string): void;
}

const letters = 'abcdef';
/** A zone has 10.0.<32 × zone>.0/19: addresses ending in 10 to 249 of its 32 blocks. */
const blocks = 32;
const firstHost = 10;
const hosts = 240;
const perZone = blocks * hosts;

/** Addresses go round, so that one that was given back is not handed out again at once: somebody may still speak to it. */
export function createAddressPlan(): AddressPlan {
  const inUse = new Set<string>();
  const turns = new Map<string, number>();
  const nextIndex = new Map<string, number>();
  const addressIn = (zone: string): string => {
    const start = nextIndex.get(zone) ?? 0;
    for (let step = 0; step < perZone; step += 1) {
      const index = (start + step) % perZone;
      const address = addressOf(zone, index);
      if (inUse.has(address)) continue;
      nextIndex.set(zone, index + 1);
      inUse.add(address);
      return address;
    }
    throw new RangeError(`zone ${zone} has no free address: ${perZone} are in use`);
  };
  return {
    next(profile) {
      const turn = turns.get(profile.name) ?? 0;
      turns.set(profile.name, turn + 1);
      const zone = profile.zones[turn % profile.zones.length] ?? 'a';
      return { zone, address: addressIn(zone) };
    },
    take(address, profile) {
      if (inUse.has(address)) return;
      inUse.add(address);
      turns.set(profile, (turns.get(profile) ?? 0) + 1);
      const place = placeOf(address);
      if (place) nextIndex.set(place.zone, Math.max(nextIndex.get(place.zone) ?? 0, place.index + 1));
    },
    giveBack: (address) => inUse.delete(address),
  };
}

function addressOf(zone: string, index: number): string {
  const block = Math.max(0, letters.indexOf(zone)) * blocks + Math.floor(index / hosts);
  return `10.0.${block}.${firstHost + (index % hosts)}`;
}

function placeOf(address: string): { zone: string; index: number } | undefined {
  const [, , block, host] = address.split('.').map(Number);
  const zone = letters[Math.floor((block ?? 0) / blocks)];
  if (block === undefined || host === undefined || zone === undefined) return undefined;
  return { zone, index: (block % blocks) * hosts + host - firstHost };
}
