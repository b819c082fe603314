import { AwsError } from '../aws-error.ts';
import type { EventPattern } from '../pattern.ts';
import { compilePattern } from '../pattern.ts';
import { InvalidPatternError } from '../pattern-error.ts';
import type { Store } from '../store.ts';
import { constraint, invalidPattern, notFound } from './errors.ts';
import { ruleNotFound } from './names.ts';

export type Tags = Record<string, string>;

/** A target as it was put, with the members that AWS shows again. */
export interface Target {
  Id: string;
  Arn: string;
  Input?: string;
  InputPath?: string;
  InputTransformer?: { InputPathsMap?: Record<string, string>; InputTemplate: string };
  DeadLetterConfig?: { Arn?: string };
  RetryPolicy?: { MaximumRetryAttempts?: number; MaximumEventAgeInSeconds?: number };
  SqsParameters?: { MessageGroupId?: string };
}

export interface Rule {
  name: string;
  bus: string;
  pattern: string | null;
  schedule: string | null;
  state: string;
  description: string | null;
  role: string | null;
  tags: Tags;
  compiled: EventPattern | undefined;
  targets: Map<string, Target>;
}

export interface Bus {
  name: string;
  description: string | null;
  kms_key: string | null;
  dead_letter: string | null;
  policy: string | null;
  tags: Tags;
  created_at: number;
  modified_at: number;
  rules: Map<string, Rule>;
}

export interface Archive {
  name: string;
  bus: string;
  pattern: string | null;
  description: string | null;
  retention_days: number;
  kms_key: string | null;
  created_at: number;
  compiled: EventPattern | undefined;
}

type BusRow = Omit<Bus, 'rules' | 'tags'> & { tags: string };
type RuleRow = Omit<Rule, 'compiled' | 'targets' | 'tags'> & { tags: string };

/** Buses with their rules, targets and archives, in memory as on disk. Changes run inside a write. */
export class Buses {
  readonly store: Store;
  #buses = new Map<string, Bus>();
  #archives = new Map<string, Archive>();

  constructor(store: Store, now: () => number) {
    this.store = store;
    store.onRollback(() => this.#load(now()));
    this.#load(now());
  }

  #load(now: number): void {
    this.#buses = new Map();
    this.#archives = new Map();
    for (const row of this.store.all<BusRow>('select * from bus')) {
      this.#buses.set(row.name, { ...row, tags: JSON.parse(row.tags) as Tags, rules: new Map() });
    }
    if (!this.#buses.has('default')) this.#buses.set('default', newBus('default', now));
    for (const row of this.store.all<RuleRow>('select * from rule')) {
      const compiled = row.pattern === null ? undefined : compilePattern(row.pattern);
      const rule = { ...row, tags: JSON.parse(row.tags) as Tags, compiled, targets: new Map() };
      this.#buses.get(row.bus)?.rules.set(row.name, rule);
    }
    const targets = this.store.all<{ bus: string; rule: string; target: string }>(
      'select bus, rule, target from target',
    );
    for (const row of targets) {
      const target = JSON.parse(row.target) as Target;
      this.#buses.get(row.bus)?.rules.get(row.rule)?.targets.set(target.Id, target);
    }
    for (const row of this.store.all<Omit<Archive, 'compiled'>>('select * from archive')) {
      this.#archives.set(row.name, {
        ...row,
        compiled: row.pattern === null ? undefined : compilePattern(row.pattern),
      });
    }
  }

  all(): Bus[] {
    return [...this.#buses.values()];
  }

  find(name: string): Bus | undefined {
    return this.#buses.get(name);
  }

  get(name: string): Bus {
    const bus = this.#buses.get(name);
    if (bus === undefined) throw notFound(`Event bus ${name} does not exist.`);
    return bus;
  }

  rule(bus: string, name: string): Rule {
    const rule = this.get(bus).rules.get(name);
    if (rule === undefined) throw ruleNotFound(name, bus);
    return rule;
  }

  saveBus(bus: Bus): void {
    this.store.run(
      `insert or replace into bus (name, description, kms_key, dead_letter, policy, tags, created_at, modified_at)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
      bus.name,
      bus.description,
      bus.kms_key,
      bus.dead_letter,
      bus.policy,
      JSON.stringify(bus.tags),
      bus.created_at,
      bus.modified_at,
    );
    this.#buses.set(bus.name, bus);
  }

  deleteBus(name: string): void {
    this.store.run('delete from bus where name = ?', name);
    this.#buses.delete(name);
  }

  saveRule(rule: Rule): void {
    this.store.run(
      `insert or replace into rule (bus, name, pattern, schedule, state, description, role, tags)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
      rule.bus,
      rule.name,
      rule.pattern,
      rule.schedule,
      rule.state,
      rule.description,
      rule.role,
      JSON.stringify(rule.tags),
    );
    this.get(rule.bus).rules.set(rule.name, rule);
  }

  deleteRule(rule: Rule): void {
    this.store.run('delete from target where bus = ? and rule = ?', rule.bus, rule.name);
    this.store.run('delete from rule where bus = ? and name = ?', rule.bus, rule.name);
    this.get(rule.bus).rules.delete(rule.name);
  }

  saveTarget(rule: Rule, target: Target): void {
    this.store.run(
      'insert or replace into target (bus, rule, id, target) values (?, ?, ?, ?)',
      rule.bus,
      rule.name,
      target.Id,
      JSON.stringify(target),
    );
    rule.targets.set(target.Id, target);
  }

  deleteTarget(rule: Rule, id: string): void {
    this.store.run('delete from target where bus = ? and rule = ? and id = ?', rule.bus, rule.name, id);
    rule.targets.delete(id);
  }

  archives(bus?: string): Archive[] {
    return [...this.#archives.values()].filter((archive) => bus === undefined || archive.bus === bus);
  }

  archive(name: string): Archive {
    const archive = this.#archives.get(name);
    if (archive === undefined) throw notFound(`Archive ${name} does not exist.`);
    return archive;
  }

  saveArchive(archive: Archive): void {
    this.store.run(
      `insert into archive (name, bus, pattern, description, retention_days, kms_key, created_at) values (?, ?, ?, ?, ?, ?, ?)
       on conflict (name) do update set pattern = excluded.pattern, description = excluded.description,
         retention_days = excluded.retention_days, kms_key = excluded.kms_key`,
      archive.name,
      archive.bus,
      archive.pattern,
      archive.description,
      archive.retention_days,
      archive.kms_key,
      archive.created_at,
    );
    this.#archives.set(archive.name, archive);
  }

  deleteArchive(name: string): void {
    this.store.run('delete from archived_event where archive = ?', name);
    this.store.run('delete from archive where name = ?', name);
    this.#archives.delete(name);
  }
}

export const newBus = (name: string, now: number): Bus => ({
  name,
  description: null,
  kms_key: null,
  dead_letter: null,
  policy: null,
  tags: {},
  created_at: now,
  modified_at: now,
  rules: new Map(),
});

const maxPatternLength = 4096;

/** Compiles a pattern of a request, or says in AWS's words why not. */
export function patternOf(text: string): EventPattern {
  if (text.length > maxPatternLength) {
    throw constraint(
      'eventPattern',
      `${text.slice(0, 40)}…`,
      `Member must have length less than or equal to ${maxPatternLength}`,
    );
  }
  try {
    return compilePattern(text);
  } catch (error) {
    if (error instanceof InvalidPatternError) throw invalidPattern(error.message);
    if (error instanceof AwsError) throw error;
    throw invalidPattern('the pattern cannot be compiled');
  }
}
