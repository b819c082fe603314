import type { Route } from '@millrace/runtime/route.ts';
import { avatarRoutes } from './avatar-routes.ts';
import { loyaltyRoutes } from './loyalty-routes.ts';
import { profileRoutes } from './profile-routes.ts';
import type { UserParts } from './user-parts.ts';

/** The routes of this service: a person sees and writes what is theirs and nothing else. */
export const userRoutes = (parts: UserParts): Route[] => [
  ...profileRoutes(parts),
  ...avatarRoutes(parts),
  ...loyaltyRoutes(parts),
];
