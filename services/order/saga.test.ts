import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Origin } from './saga.ts';
import { allMoves, deadlines, decide, dueAfter, endStates, isEnd, legalMoves, orderStates, triggers } from './saga.ts';
import { arrows, sagaPage, sagaSvg } from './saga-diagram.ts';
import { testSettings } from './testing/shop.ts';

const origins = Object.keys(legalMoves) as Origin[];

describe('the table of moves', () => {
  it.each(origins.flatMap((from) => triggers.map((trigger) => [from, trigger] as const)))(
    '%s × %s is decided, always the same way',
    (from, trigger) => {
      const move = legalMoves[from][trigger];
      const expected = move ? { outcome: 'moved', move } : { outcome: 'refused', state: from, trigger };
      expect(decide(from, trigger)).toEqual(expected);
    },
  );
  it('reaches every state, and from each of them an end', () => {
    const reached = new Set(allMoves().map(({ move }) => move.to));
    expect([...reached].sort()).toEqual([...orderStates].sort());
    const ending = new Set<Origin>(endStates);
    for (let round = 0; round < orderStates.length; round += 1) {
      for (const { from, move } of allMoves()) if (ending.has(move.to)) ending.add(from);
    }
    expect([...ending].sort()).toEqual([...origins].sort());
  });
  it('leaves no end, and gives every other state a deadline and a move for it', () => {
    for (const state of orderStates) {
      const ways = Object.keys(legalMoves[state]);
      expect([state, isEnd(state), deadlines[state] === 'never', 'time-passed' in legalMoves[state]]).toEqual([
        state,
        ways.length === 0,
        ways.length === 0,
        ways.length > 0,
      ]);
    }
  });
  it('cancels nothing that may have been charged without a refund', () => {
    const toCancelled = allMoves().filter(({ move }) => move.to === 'cancelled');
    expect(toCancelled.map(({ from, trigger }) => `${from} ${trigger}`).sort()).toEqual([
      'pending cancel',
      'withdrawing payment-refunded',
    ]);
  });
  it('says why where an order ends before its time', () => {
    const early = allMoves().filter(
      ({ from, move }) => from !== 'withdrawing' && /rejected|cancelled|withdrawing/.test(move.to),
    );
    for (const { move } of early) expect(move.reason).toBeDefined();
  });
});

describe('a deadline', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const after = (state: Parameters<typeof dueAfter>[0], repeats = 0) => {
    const due = dueAfter(state, { now, repeats, settings: testSettings });
    return due && (due.getTime() - now.getTime()) / 1_000;
  };
  it('is a setting for each state, none for an end, and at once for paid', () => {
    expect(orderStates.map((state) => [state, after(state)])).toEqual([
      ['pending', 20],
      ['reserved', 30],
      ['paid', 0],
      ['confirmed', 10],
      ['shipped', 10],
      ['delivered', null],
      ['withdrawing', 60],
      ['rejected', null],
      ['cancelled', null],
    ]);
  });
  it('doubles with each repeat up to five minutes', () => {
    expect([0, 1, 2, 3, 50].map((repeats) => after('withdrawing', repeats))).toEqual([60, 120, 240, 300, 300]);
  });
});

describe('the diagram', () => {
  const run = promisify(execFile);
  const program = join(import.meta.dirname, 'write-diagram.ts');
  it('in SAGA.md is current', async () => {
    expect(await readFile(join(import.meta.dirname, 'SAGA.md'), 'utf8')).toBe(sagaPage());
    await expect(run(process.execPath, [program, '--check'])).resolves.toEqual({ stdout: '', stderr: '' });
  });
  it('is written with one word, and another is wrong usage', async () => {
    await expect(run(process.execPath, [program, '--chek'])).rejects.toMatchObject({ code: 2, stdout: '' });
  });
  it('has every move of the table', () => {
    const lines = sagaPage().split('\n');
    for (const { from, trigger, move } of allMoves()) {
      const start = `  ${from === 'new' ? '[*]' : from} --> ${move.to}: ${trigger}`;
      expect(lines.filter((line) => line === start || line === `${start} / ${move.event}`)).toHaveLength(1);
    }
  });
  it('as a picture has every state and arrow, inside its frame, and marks the present one', () => {
    const svg = sagaSvg({
      state: 'reserved',
      went: [
        { from: 'new', to: 'pending' },
        { from: 'pending', to: 'reserved' },
      ],
    });
    expect([...svg.matchAll(/data-state="(\w+)"/g)].map(([, state]) => state)).toEqual([...orderStates]);
    const drawn = [...svg.matchAll(/data-from="(\w+)" data-to="(\w+)"/g)].map(([, from, to]) => `${from} ${to}`);
    expect(drawn.sort()).toEqual(
      arrows()
        .map(({ from, to }) => `${from} ${to}`)
        .sort(),
    );
    expect(
      [...svg.matchAll(/class="state present" data-state="(\w+)" aria-current="step"/g)].map(([, s]) => s),
    ).toEqual(['reserved']);
    expect([...svg.matchAll(/class="arrow went"/g)]).toHaveLength(2);
    expect(svg).not.toMatch(/style=|<script/);
  });
});
