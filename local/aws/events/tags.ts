import type { Input } from '../input.ts';
import type { Operation } from '../service.ts';
import type { Tags } from './buses.ts';
import { notFound, validation } from './errors.ts';
import type { EventsState } from './manage-buses.ts';
import { nameOfArn } from './names.ts';

const maxTags = 50;

/** The tags of a request. */
export function tagsIn(input: Input): Tags {
  const tags: Tags = {};
  for (const tag of input.structures('Tags') ?? []) {
    const [key, value] = [tag.text('Key') ?? '', tag.text('Value') ?? ''];
    if (key.length < 1 || key.length > 128 || value.length > 256)
      throw validation('A tag has a key of 1 to 128 and a value of at most 256 characters.');
    tags[key] = value;
  }
  if (Object.keys(tags).length > maxTags) throw validation(`A resource has at most ${maxTags} tags.`);
  return tags;
}

interface Tagged {
  tags: Tags;
  save: (tags: Tags) => void;
}

/** The rule or bus of an ARN. */
function resourceOf({ buses }: EventsState, input: Input): Tagged {
  const arn = input.text('ResourceARN') ?? '';
  const bus = buses.find(nameOfArn(arn, 'event-bus') ?? '');
  if (bus !== undefined) return { tags: bus.tags, save: (tags) => buses.saveBus({ ...bus, tags }) };
  const path = nameOfArn(arn, 'rule');
  const slash = path?.lastIndexOf('/') ?? -1;
  const rule = path && buses.find(slash < 0 ? 'default' : path.slice(0, slash))?.rules.get(path.slice(slash + 1));
  if (!rule) throw notFound(`Resource ${arn} does not exist.`);
  return { tags: rule.tags, save: (tags) => buses.saveRule({ ...rule, tags }) };
}

export function tagResource(state: EventsState): Operation {
  return async (input) => {
    const added = tagsIn(input);
    await state.buses.store.write(() => {
      const resource = resourceOf(state, input);
      resource.save({ ...resource.tags, ...added });
    });
    return {};
  };
}

export function untagResource(state: EventsState): Operation {
  return async (input) => {
    const keys = input.texts('TagKeys') ?? [];
    await state.buses.store.write(() => {
      const resource = resourceOf(state, input);
      resource.save(Object.fromEntries(Object.entries(resource.tags).filter(([key]) => !keys.includes(key))));
    });
    return {};
  };
}

export function listTagsForResource(state: EventsState): Operation {
  return (input) => ({
    Tags: Object.entries(resourceOf(state, input).tags).map(([key, value]) => ({ Key: key, Value: value })),
  });
}
