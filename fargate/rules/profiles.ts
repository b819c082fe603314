import { profileLabel } from '@millrace/catalog/profiles.ts';
import { profileLimits } from '../profiles.ts';
import type { Rule } from '../rule.ts';
import { podRule, sources, when } from '../rule.ts';

const limits: Rule = {
  id: 'F11',
  name: 'profile-limits',
  severity: 'error',
  source: sources.profiles,
  check: ({ profiles }) =>
    (profiles ?? []).flatMap(({ name, selectors }) => [
      ...when(
        selectors.length === 0 || selectors.length > profileLimits.selectors,
        `profile ${name} has ${selectors.length} selectors.`,
        `Write 1 to ${profileLimits.selectors}; use wildcards, or a second profile.`,
      ),
      ...selectors.flatMap((selector, index) => [
        ...when(
          selector.namespace === '',
          `profile ${name}, selector ${index + 1}: no namespace.`,
          'Write a namespace; "*" stands for all.',
        ),
        ...when(
          Object.keys(selector.labels).length > profileLimits.labels,
          `profile ${name}, selector ${index + 1}: ${Object.keys(selector.labels).length} labels.`,
          `Write at most ${profileLimits.labels}.`,
        ),
      ]),
    ]),
};

const quota: Rule = {
  id: 'F11',
  name: 'profile-quota',
  severity: 'error',
  source: sources.profiles,
  check: ({ profiles, profileQuota }) =>
    when(
      (profiles?.length ?? 0) > profileQuota,
      `${profiles?.length} profiles; the quota is ${profileQuota}.`,
      'Join profiles (5 selectors each, with wildcards), or have the quota raised and say so with --profile-quota.',
    ),
};

const unique: Rule = {
  id: 'F11',
  name: 'profile-names',
  severity: 'error',
  source: sources.profiles,
  check: ({ profiles }) => {
    const names = (profiles ?? []).map(({ name }) => name);
    const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
    return twice.flatMap((name) => when(true, `two profiles are called ${name}.`, 'Give each a name of its own.'));
  },
};

const ambiguous = podRule(
  {
    id: 'F12',
    name: 'ambiguous-profile',
    severity: 'error',
    source: sources.profiles,
  },
  ({ match }) =>
    match?.outcome === 'matched' && match.isAmbiguous
      ? when(
          true,
          `is taken by ${match.all.join(' and ')}; EKS chooses the first by name, ${match.profile.name}, so a new profile can move it.`,
          `Put the label ${profileLabel}: ${match.profile.name} on the pod template.`,
        )
      : [],
);

const noProfile = podRule(
  { id: 'F13', name: 'no-profile', severity: 'error', source: sources.profiles },
  ({ match, namespace, manifest }) =>
    match?.outcome === 'none' && manifest.kind !== 'DaemonSet'
      ? when(
          true,
          `is taken by no profile: without other nodes it stays Pending ("no nodes available to schedule pods"), and nobody tries again.`,
          match.nearest
            ? `Put the missing labels on the pod template: ${match.nearest}.`
            : `Add a profile with a selector for the namespace ${namespace}, then recreate the pod.`,
        )
      : [],
);

const wrongLabel = podRule(
  {
    id: 'F13',
    name: 'wrong-profile-label',
    severity: 'error',
    source: sources.profiles,
  },
  ({ match }) =>
    match?.outcome === 'wrong-label'
      ? when(
          true,
          `names the profile "${match.wanted}", which ${match.exists ? 'does not select it' : 'does not exist'}: it stays Pending.`,
          match.all.length > 0
            ? `Write ${profileLabel}: ${match.all[0]}.`
            : 'Name a profile whose selector takes its namespace and labels.',
        )
      : [],
);

/** F11 to F13: profiles and the pods that they take. */
export const profileRules: readonly Rule[] = [limits, quota, unique, ambiguous, noProfile, wrongLabel];
