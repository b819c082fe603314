import { expect, test } from 'vitest';
import { changesOf, followApplications, lineOf } from './application-log.ts';
import type { ApplicationState } from './applications.ts';
import { until } from './testing.ts';

const order: ApplicationState = {
  name: 'order',
  project: 'order',
  sync: 'Synced',
  health: 'Healthy',
  revision: '1a2b3c4d5e6f',
  phase: 'Succeeded',
  message: '',
  object: {},
};

test('a line says name, sync, health and commit, and why when something is wrong', () => {
  expect(lineOf(order)).toBe('order             Synced     Healthy      1a2b3c4');
  const refused = { ...order, sync: 'OutOfSync', phase: 'Failed', message: 'Deployment order-api:\n  E1 is wrong' };
  expect(lineOf(refused)).toBe('order             OutOfSync  Healthy      1a2b3c4  Deployment order-api: E1 is wrong');
  // What a past sync said is not news once all is well.
  expect(lineOf({ ...order, message: 'a warning' })).toBe(lineOf(order));
});

test('only changes are told, and what is gone', () => {
  const before = new Map([
    ['order', 'a'],
    ['user', 'b'],
  ]);
  const after = new Map([
    ['order', 'a2'],
    ['payment', 'c'],
  ]);
  expect(changesOf(before, after)).toEqual(['a2', 'c', 'user             is gone']);
  expect(changesOf(after, after)).toEqual([]);
});

test('it outlives an API server that does not answer, and ends when it is told to', async () => {
  const answers: (ApplicationState[] | Error)[] = [
    [order],
    new Error('refused'),
    [order],
    [{ ...order, health: 'Degraded' }],
  ];
  const lines: string[] = [];
  const stopping = new AbortController();
  const following = followApplications({
    read: async () => {
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof Error) throw answer;
      return answer ?? [];
    },
    say: (line) => lines.push(line.slice(10)),
    now: () => new Date(0),
    signal: stopping.signal,
    pollMs: 10,
  });
  await until('two lines', () => lines.length === 2);
  stopping.abort();
  await following;
  expect(lines).toEqual([lineOf(order), lineOf({ ...order, health: 'Degraded' })]);
});
