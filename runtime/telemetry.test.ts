import { describe, expect, it } from 'vitest';
import {
  continueTrace,
  currentTrace,
  formatTraceparent,
  nextTraceparent,
  parseTraceparent,
  runWithTrace,
} from './telemetry.ts';

const header = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a trace', () => {
  it('goes on with the id that came in and a span of its own', () => {
    const trace = continueTrace(header);
    expect(trace).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', sampled: true });
    expect(trace.spanId).not.toBe('b7ad6b7169203331');
    expect(trace.parentSpanId).toBe('b7ad6b7169203331');
    const { parentSpanId: _, ...sent } = trace;
    expect(parseTraceparent(formatTraceparent(trace))).toEqual(sent);
  });

  it.each([
    undefined,
    '',
    'rubbish',
    42,
    `${header}-more`,
    'x'.repeat(4_096),
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
  ])('B62 begins anew when the header is %s', (value) => {
    expect(parseTraceparent(value)).toBeUndefined();
    expect(continueTrace(value).traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('is known to whatever runs inside it', async () => {
    const trace = continueTrace(header);
    const inside = await runWithTrace(trace, async () => {
      await Promise.resolve();
      return [currentTrace(), nextTraceparent()];
    });
    expect(inside).toEqual([trace, formatTraceparent(trace)]);
    expect(currentTrace()).toBeUndefined();
  });
});
