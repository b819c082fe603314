import type { ApiClient } from '@millrace/policies/tools/api-client.ts';
import { expect, test } from 'vitest';
import { isDone, readApplications } from './applications.ts';

const answering = (status: number, body: Record<string, unknown>): ApiClient => ({
  ask: async () => ({ status, body, warnings: [] }),
  waitFor: async () => ({ status, body, warnings: [] }),
});

const done = {
  metadata: { name: 'user' },
  spec: { project: 'user' },
  status: {
    sync: { status: 'Synced', revision: 'abc' },
    health: { status: 'Healthy' },
    operationState: { phase: 'Succeeded', message: 'successfully synced' },
  },
};

test('an Application is read with what its last sync and its conditions say is wrong', async () => {
  const refused = {
    metadata: { name: 'order' },
    spec: { project: 'order' },
    status: {
      sync: { status: 'OutOfSync', revision: 'abc' },
      health: { status: 'Missing' },
      conditions: [{ type: 'SyncError', message: 'it failed 2 times' }],
      operationState: {
        phase: 'Failed',
        message: 'one or more objects failed to apply',
        syncResult: {
          resources: [
            { kind: 'Service', name: 'order-api', status: 'Synced', message: 'created' },
            { kind: 'Deployment', name: 'order-api', status: 'SyncFailed', message: 'V3 says what to write' },
            { kind: 'Job', name: 'order-smoke', hookPhase: 'Failed', message: 'it reached its limit' },
          ],
        },
      },
    },
  };
  const states = await readApplications(answering(200, { items: [done, refused] }));
  expect(states.map(({ object, ...state }) => state)).toEqual([
    {
      name: 'order',
      project: 'order',
      sync: 'OutOfSync',
      health: 'Missing',
      revision: 'abc',
      phase: 'Failed',
      message:
        'SyncError: it failed 2 times; one or more objects failed to apply; Deployment order-api: V3 says what to write; Job order-smoke: it reached its limit',
    },
    {
      name: 'user',
      project: 'user',
      sync: 'Synced',
      health: 'Healthy',
      revision: 'abc',
      phase: 'Succeeded',
      message: '',
    },
  ]);
  expect(states.map((state) => isDone(state))).toEqual([false, true]);
  expect(states.map((state) => isDone(state, 'another'))).toEqual([false, false]);
});

test('an Application that nobody has looked at yet is not done', async () => {
  const [state] = await readApplications(answering(200, { items: [{ ...done, status: undefined }] }));
  expect(state).toMatchObject({ sync: 'Unknown', health: 'Unknown', revision: '', phase: '' });
  expect(state && isDone(state)).toBe(false);
});

test("the server's own words are told", async () => {
  const asked = readApplications(answering(404, { message: 'the server could not find the requested resource' }));
  await expect(asked).rejects.toThrow('Applications: 404 the server could not find the requested resource');
});

test('an Application whose sync is tried again says why', async () => {
  const resources = [{ kind: 'Secret', name: 'order', status: 'SyncFailed', message: 'not permitted' }];
  const operationState = {
    phase: 'Running',
    message: 'Retrying attempt #1.',
    retryCount: 1,
    syncResult: { resources },
  };
  const [state] = await readApplications(
    answering(200, { items: [{ ...done, status: { ...done.status, operationState } }] }),
  );
  expect(state?.message).toBe('Retrying attempt #1.; Secret order: not permitted');
});
