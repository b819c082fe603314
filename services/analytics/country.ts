import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Reader } from 'mmdb-lib';

const countryPackage = '@ip-location-db/geo-whois-asn-country-mmdb';
const files = { 4: 'geo-whois-asn-country-ipv4.mmdb', 6: 'geo-whois-asn-country-ipv6.mmdb' } as const;
const mappedPrefix = '::ffff:';

export interface CountryFinder {
  /** ISO 3166-1 alpha-2, or nothing for private and unknown addresses. */
  of(address: string): string | undefined;
}

/** Reads a family's file at its first address and keeps it: 3 MB for IPv4, 5 MB for IPv6. */
export function countryFinder(onFault: (error: unknown) => void): CountryFinder {
  const open = { 4: lazyReader(files[4], onFault), 6: lazyReader(files[6], onFault) };
  return {
    of(address) {
      const plain = withoutMapping(address);
      const family = isIP(plain);
      if (family !== 4 && family !== 6) return undefined;
      const found = open[family]()?.get(plain) as { country_code?: string } | null | undefined;
      const code = found?.country_code;
      return code && /^[A-Z]{2}$/.test(code) ? code : undefined;
    },
  };
}

/** An IPv4 address that was written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. */
export function withoutMapping(address: string): string {
  const lower = address.toLowerCase();
  return lower.startsWith(mappedPrefix) && isIP(lower.slice(mappedPrefix.length)) === 4
    ? lower.slice(mappedPrefix.length)
    : address;
}

// A view without its country is better than no view: a missing file is reported once, and nobody has a country.
function lazyReader(file: string, onFault: (error: unknown) => void): () => Reader<never> | undefined {
  let reader: Reader<never> | undefined;
  let isTried = false;
  return () => {
    if (isTried) return reader;
    isTried = true;
    try {
      reader = new Reader(readFileSync(findFile(file)));
    } catch (error) {
      onFault(error);
    }
    return reader;
  };
}

// In an image the files lie beside the bundle; in the repository they are the package's.
function findFile(file: string): string {
  const beside = fileURLToPath(new URL(file, import.meta.url));
  return existsSync(beside) ? beside : createRequire(import.meta.url).resolve(`${countryPackage}/${file}`);
}
