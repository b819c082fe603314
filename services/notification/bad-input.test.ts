import { testDoor } from '@millrace/runtime/testing/door.ts';
import { afterAll } from 'vitest';
import type { NotificationService } from './testing/people.ts';
import { newPerson, openNotification, register } from './testing/people.ts';

let service: NotificationService;
afterAll(() => service?.close());

testDoor(async () => {
  service = await openNotification();
  const ada = newPerson();
  await register(service, ada);
  const [notice] = await service.sql`select id from notice where recipient = ${ada.userId} and channel = 'page'`;
  return {
    app: service.app,
    owner: ada.userId,
    read: `/api/notifications/${notice?.['id']}`,
    list: '/api/notifications',
    one: '/api/notifications/:id',
  };
});
