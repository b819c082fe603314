import { testDoor } from '@millrace/runtime/testing/door.ts';
import { afterAll } from 'vitest';
import type { UserService } from './testing/user-service.ts';
import { openUserService, register } from './testing/user-service.ts';

let service: UserService;
afterAll(() => service?.close());

testDoor(async () => {
  service = await openUserService();
  const owner = await register(service);
  return { app: service.app, owner, read: '/api/users/me', list: '/api/users/me/loyalty' };
});
