import type { EventPattern } from '../pattern.ts';
import { JsonSyntaxError } from '../pattern-json.ts';
import type { Queue } from '../sqs/queues.ts';
import type { Bus, Buses, Rule } from './buses.ts';
import type { DeliveryState } from './deliver.ts';
import { deliver } from './deliver.ts';
import { nameOfArn, ruleArn } from './names.ts';
import { targetInput } from './target-input.ts';

/** One event on its way: its JSON, and its members other than `detail`, which most patterns do not read. */
export interface BusEvent {
  text: string;
  header: string;
  /** What decides about patterns that read only these two. */
  source: string;
  detailType: string;
  at: number;
}

export interface RouteState extends DeliveryState {
  buses: Buses;
}

interface Route {
  event: BusEvent;
  /** Only these rules, for a replay. */
  onlyRules?: Set<string> | undefined;
  isReplayed?: boolean;
  hops?: number;
}

const maxHops = 4;
const maxRemembered = 1000;
const headerSteps = ['version', 'id', 'account', 'time', 'region', 'resources', 'replay-name'];
const decisions = new WeakMap<EventPattern, Map<string, boolean>>();

/** Inside a write: archives an event and delivers it to the targets of every rule that matches. Returns queues with new messages. */
export function route(state: RouteState, bus: Bus, way: Route): Set<Queue> {
  const touched = new Set<Queue>();
  if (!way.isReplayed) archive(state, bus.name, way.event);
  for (const rule of bus.rules.values()) {
    const arn = ruleArn(bus.name, rule.name);
    if (rule.state === 'DISABLED' || rule.compiled === undefined || way.onlyRules?.has(arn) === false) continue;
    if (!isMatch(rule.compiled, way.event)) continue;
    for (const queue of toTargets(state, rule, way)) touched.add(queue);
  }
  return touched;
}

function toTargets(state: RouteState, rule: Rule, way: Route): Queue[] {
  const arn = ruleArn(rule.bus, rule.name);
  const { event } = way;
  return [...rule.targets.values()].flatMap((target) => {
    const next = state.buses.find(nameOfArn(target.Arn, 'event-bus') ?? '');
    if (next !== undefined) {
      const hops = (way.hops ?? 0) + 1;
      return hops > maxHops ? [] : [...route(state, next, { event, hops })];
    }
    const ingestedAt = new Date(state.now()).toISOString();
    const body = targetInput(target, { event: event.text, ruleArn: arn, ruleName: rule.name, ingestedAt });
    const delivery = { ruleArn: arn, target, body, event: event.text, attempts: 0, createdAt: state.now() };
    const queue = deliver(state, delivery);
    return queue === undefined ? [] : [queue];
  });
}

function archive(state: RouteState, bus: string, event: BusEvent): void {
  for (const kept of state.buses.archives(bus)) {
    if (kept.compiled !== undefined && !isMatch(kept.compiled, event)) continue;
    state.buses.store.run(
      'insert into archived_event (archive, at, event) values (?, ?, ?)',
      kept.name,
      event.at,
      event.text,
    );
    const bytes = Buffer.byteLength(event.text);
    state.buses.store.run('update archive set events = events + 1, bytes = bytes + ? where name = ?', bytes, kept.name);
  }
}

function isMatch(pattern: EventPattern, event: BusEvent): boolean {
  if (pattern.reads('detail')) return matches(pattern, event.text);
  if (headerSteps.some((step) => pattern.reads(step))) return matches(pattern, event.header);
  const known = decisions.get(pattern) ?? new Map<string, boolean>();
  decisions.set(pattern, known);
  const key = JSON.stringify([event.source, event.detailType]);
  let decision = known.get(key);
  if (decision === undefined) {
    decision = matches(pattern, event.header);
    if (known.size >= maxRemembered) known.clear();
    known.set(key, decision);
  }
  return decision;
}

function matches(pattern: EventPattern, text: string): boolean {
  try {
    return pattern.matches(text);
  } catch (error) {
    // Deeper than the matcher reads: no rule can ask for what lies there.
    if (error instanceof JsonSyntaxError) return false;
    throw error;
  }
}

/** An event of which the text is known, as archives keep it. */
export function eventOfText(text: string, at: number): BusEvent {
  const { detail: _detail, ...header } = JSON.parse(text) as Record<string, unknown>;
  return {
    text,
    header: JSON.stringify(header),
    source: String(header.source),
    detailType: String(header['detail-type']),
    at,
  };
}
