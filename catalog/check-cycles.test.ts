import { describe, expect, it } from 'vitest';
import { cycleFaults, reactions } from './check-cycles.ts';
import { PageViewsCollected } from './events/analytics.ts';
import { UserRegistered } from './events/user.ts';
import { on } from './service.ts';
import { services } from './services.ts';
import { withService } from './testing/change.ts';

describe('the events of the catalog', () => {
  it('run from an order placed to its end without going round', () => {
    expect(cycleFaults(services)).toEqual([]);
    expect(reactions(services)).toContainEqual({
      service: 'product',
      event: 'OrderPlaced',
      leadsTo: ['StockReserved', 'StockRejected', 'ProductChanged'],
    });
    for (const event of ['UserRegistered', 'UserChanged', 'UserErased']) {
      expect(reactions(services)).toContainEqual({ service: 'notification', event, leadsTo: [] });
    }
  });

  it('would seem to go round if no consumer said what it answers with: a cycle with an end is a warning', () => {
    const silent = withService('order', ({ consumes }) => ({
      consumes: consumes.map(({ leadsTo: _, ...rest }) => rest),
    }));
    const faults = cycleFaults(silent);
    expect(faults.map(({ code }) => code)).toContain('W032');
    expect(faults.map(({ code }) => code)).not.toContain('E034');
    for (const { message } of faults) expect(message).toMatch(/^events go round: (\w+ → )+\w+\. Say with leadsTo/);
  });

  it('that lead only to themselves have no end', () => {
    const loop = withService('analytics', ({ consumes }) => ({
      consumes: consumes.map(({ leadsTo: _, ...rest }) => rest),
    }));
    expect(cycleFaults(loop)).toEqual([
      {
        place: 'analytics.consumes PageViewsCollected',
        code: 'E034',
        message: expect.stringContaining('PageViewsCollected → PageViewsCollected'),
      },
    ]);
  });

  it('have no end by a consumer that only listens to the cycle and says something else', () => {
    const loop = withService('analytics', ({ consumes }) => ({
      consumes: consumes.map(({ leadsTo: _, ...rest }) => rest),
    }));
    const heard = loop.map((service) =>
      service.name === 'user'
        ? { ...service, consumes: [...service.consumes, on(PageViewsCollected, { leadsTo: [UserRegistered] })] }
        : service,
    );
    expect(cycleFaults(heard).map(({ code }) => code)).toEqual(['E034']);
  });
});
