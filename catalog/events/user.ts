import { z } from 'zod';
import { defineEvent } from '../event.ts';

/** A person saved a profile for the first time. */
export const UserRegistered = defineEvent('UserRegistered', {
  publisher: 'user',
  version: 1,
  data: z.object({ userId: z.uuid(), email: z.email(), name: z.string().min(1).max(200) }),
});

/** A person changed name or address. */
export const UserChanged = defineEvent('UserChanged', {
  publisher: 'user',
  version: 1,
  data: z.object({ userId: z.uuid(), email: z.email(), name: z.string().min(1).max(200) }),
});

/** A person asked to be forgotten: whoever keeps personal facts about them removes these. */
export const UserErased = defineEvent('UserErased', {
  publisher: 'user',
  version: 1,
  data: z.object({ userId: z.uuid() }),
});
