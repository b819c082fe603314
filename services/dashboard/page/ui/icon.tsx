const drawings = {
  down: 'M4 6l4 4 4-4',
  left: 'M10 3.5L5.5 8l4.5 4.5',
  right: 'M6 3.5L10.5 8 6 12.5',
  close: 'M4 4l8 8M12 4l-8 8',
  check: 'M3.5 8.5l3 3 6-7',
  plus: 'M8 3v10M3 8h10',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  download: 'M8 2.5v7.5M4.8 7l3.2 3.2L11.2 7M3 13.5h10',
  table: 'M2.5 3.5h11v9h-11zM2.5 6.7h11M2.5 9.7h11M6.5 6.7v5.8',
  chart: 'M2.5 12.5l3.5-5 3 2.5 4.5-6.5',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.2v1.3M8 13.5v1.3M1.2 8h1.3M13.5 8h1.3M3.2 3.2l.9.9M11.9 11.9l.9.9M12.8 3.2l-.9.9M4.1 11.9l-.9.9',
  moon: 'M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z',
  screen: 'M2 3h12v8H2zM6 13.5h4',
  help: 'M8 1.7a6.3 6.3 0 1 0 0 12.6A6.3 6.3 0 0 0 8 1.7zM6.2 6.3a1.8 1.8 0 1 1 2.6 1.6c-.5.3-.8.6-.8 1.2M8 11.2v.1',
  globe:
    'M8 1.7a6.3 6.3 0 1 0 0 12.6A6.3 6.3 0 0 0 8 1.7zM1.8 8h12.4M8 1.7c2 1.8 2.6 3.9 2.6 6.3S10 12.500 8 14.300C6 12.500 5.400 10.400 5.400 8S6 3.500 8 1.700z',
  calendar: 'M2.5 3.5h11v10h-11zM2.500 6.500h11M5.500 2v3M10.500 2v3',
  code: 'M5.500 4.500L2 8l3.500 3.500M10.500 4.500L14 8l-3.500 3.500',
  warning: 'M8 2.200l6.300 11.300H1.700zM8 6.500v3.200M8 11.600v.1',
  bell: 'M8 2.2a4 4 0 0 0-4 4c0 3.600-1.500 4.600-1.500 5.300h11c0-.700-1.500-1.700-1.500-5.300a4 4 0 0 0-4-4zM6.600 13.400a1.500 1.500 0 0 0 2.800 0',
  cart: 'M1.800 2.500h2l1.700 7.500h6.800l1.500-5.300H4.400M6.300 13.300v.1M11.700 13.300v.1',
  search: 'M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM10.300 10.300l3.200 3.200',
  minus: 'M3 8h10',
  print: 'M4.500 6V2.500h7V6M4.500 11.500h-2V6h11v5.500h-2M4.500 9.500h7v4h-7z',
  clock: 'M8 1.700a6.300 6.300 0 1 0 0 12.600A6.300 6.300 0 0 0 8 1.700zM8 4.500V8l2.500 1.500',
  picture: 'M2.500 3h11v10h-11zM2.500 11l3.500-3.500 2.500 2.500 2-2 3 3M10.800 5.700v.1',
  leave: 'M6.500 2.500h-4v11h4M7 8h7M11 5l3 3-3 3',
} as const;
export type IconName = keyof typeof drawings;

/** A line drawing beside words, or in a button that has a name: never read aloud itself. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      aria-hidden="true"
      focusable="false"
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={drawings[name]} />
    </svg>
  );
}

/** The mark of the product: water in a mill's channel. */
export function Mark() {
  return (
    <svg aria-hidden="true" focusable="false" width="26" height="26" viewBox="0 0 32 32">
      <rect width="32" height="32" rx="9" fill="var(--accent)" />
      <path
        d="M6 12.500c3.300 0 3.300 3 6.700 3s3.300-3 6.600-3 3.400 3 6.700 3M6 19c3.300 0 3.300 3 6.700 3s3.300-3 6.600-3 3.400 3 6.700 3"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="2.600"
        strokeLinecap="round"
      />
    </svg>
  );
}
