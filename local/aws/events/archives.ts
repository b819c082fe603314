import type { Input } from '../input.ts';
import type { Operation } from '../service.ts';
import type { Archive } from './buses.ts';
import { patternOf } from './buses.ts';
import { alreadyExists, constraint, validation } from './errors.ts';
import type { EventsState } from './manage-buses.ts';
import { archiveArn, busArn, nameIn, nameOfArn, pageOf } from './names.ts';

const answerOf = (archive: Archive): object => ({
  ArchiveArn: archiveArn(archive.name),
  State: 'ENABLED',
  CreationTime: archive.created_at / 1000,
});

function describe({ buses }: EventsState, archive: Archive): object {
  const row = buses.store.get<{ events: number; bytes: number }>(
    'select events, bytes from archive where name = ?',
    archive.name,
  );
  return {
    ArchiveName: archive.name,
    EventSourceArn: busArn(archive.bus),
    State: 'ENABLED',
    RetentionDays: archive.retention_days,
    SizeBytes: row?.bytes ?? 0,
    EventCount: row?.events ?? 0,
    CreationTime: archive.created_at / 1000,
  };
}

export function createArchive({ buses, now }: EventsState): Operation {
  return async (input) => {
    const name = nameIn(input, 'ArchiveName', 48);
    const arn = input.text('EventSourceArn') ?? '';
    const bus = nameOfArn(arn, 'event-bus');
    if (bus === undefined)
      throw validation(`Parameter EventSourceArn is not valid. Reason: ${arn} is not the ARN of an event bus.`);
    const settings = settingsIn(input);
    const archive = await buses.store.write(() => {
      buses.get(bus);
      if (buses.archives().some((known) => known.name === name)) throw alreadyExists(`Archive ${name} already exists.`);
      const created = { ...noSettings, ...settings, name, bus, created_at: now() };
      buses.saveArchive(created);
      return created;
    });
    return answerOf(archive);
  };
}

const noSettings = { pattern: null, compiled: undefined, description: null, retention_days: 0, kms_key: null };

function settingsIn(input: Input): Partial<Archive> {
  const pattern = input.text('EventPattern');
  const days = input.integer('RetentionDays');
  if (days !== undefined && (days < 0 || days > 36_500)) {
    throw constraint('retentionDays', days, 'Member must have value greater than or equal to 0');
  }
  return {
    ...(pattern !== undefined && { pattern, compiled: patternOf(pattern) }),
    ...(input.has('Description') && { description: input.text('Description') ?? null }),
    ...(days !== undefined && { retention_days: days }),
    ...(input.has('KmsKeyIdentifier') && { kms_key: input.text('KmsKeyIdentifier') || null }),
  };
}

export function updateArchive({ buses }: EventsState): Operation {
  return async (input) => {
    const name = nameIn(input, 'ArchiveName', 48);
    const settings = settingsIn(input);
    const archive = await buses.store.write(() => {
      const changed = { ...buses.archive(name), ...settings };
      buses.saveArchive(changed);
      return changed;
    });
    return answerOf(archive);
  };
}

export function deleteArchive({ buses }: EventsState): Operation {
  return async (input) => {
    const name = nameIn(input, 'ArchiveName', 48);
    await buses.store.write(() => buses.deleteArchive(buses.archive(name).name));
    return {};
  };
}

export function describeArchive(state: EventsState): Operation {
  return (input) => {
    const archive = state.buses.archive(nameIn(input, 'ArchiveName', 48));
    return {
      ...describe(state, archive),
      ArchiveArn: archiveArn(archive.name),
      ...(archive.description !== null && { Description: archive.description }),
      ...(archive.pattern !== null && { EventPattern: archive.pattern }),
      ...(archive.kms_key !== null && { KmsKeyIdentifier: archive.kms_key }),
    };
  };
}

export function listArchives(state: EventsState): Operation {
  return (input) => {
    const filters = ['NamePrefix', 'EventSourceArn', 'State'].filter((name) => input.has(name));
    if (filters.length > 1)
      throw validation(
        'At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.',
      );
    const source = input.text('EventSourceArn');
    const wanted = input.text('State') ?? 'ENABLED';
    const archives = state.buses
      .archives()
      .filter((archive) => wanted === 'ENABLED' && (source === undefined || busArn(archive.bus) === source));
    const { items, ...next } = pageOf(archives, input, (archive) => archive.name);
    return { Archives: items.map((archive) => describe(state, archive)), ...next };
  };
}

const expiredTogether = 500;

/** Inside a write: deletes the oldest events that an archive need not keep any more. */
export function expireArchived({ buses, now }: EventsState): void {
  for (const { name, retention_days: days } of buses.archives()) {
    if (days === 0) continue;
    const before = now() - days * 86_400_000;
    const expired = buses.store.all<{ id: number; bytes: number }>(
      'select id, length(cast(event as blob)) bytes from archived_event where archive = ? and at < ? order by at limit ?',
      name,
      before,
      expiredTogether,
    );
    if (expired.length === 0) continue;
    for (const { id } of expired) buses.store.run('delete from archived_event where id = ?', id);
    const bytes = expired.reduce((sum, event) => sum + event.bytes, 0);
    buses.store.run(
      'update archive set events = events - ?, bytes = bytes - ? where name = ?',
      expired.length,
      bytes,
      name,
    );
  }
}
