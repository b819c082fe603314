import { useEffect, useState } from 'react';

const hiddenGraceMs = 60_000;

/** False when the page has been in the background for a minute: then nothing is kept open for it. */
export function useLookedAt(): boolean {
  const [isLookedAt, setLookedAt] = useState(true);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') setLookedAt(true);
      else timer = setTimeout(() => setLookedAt(false), hiddenGraceMs);
    };
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, []);
  return isLookedAt;
}
