import { noticesName } from '@millrace/catalog/names.ts';
import type { AddOnPlace } from './add-on-facts.ts';

/** When somebody has to know, by the name of the trigger: the condition, and the sentence that is sent. */
interface Notice {
  when: string;
  once?: string;
  says: string;
}

const notices: Record<string, Notice> = {
  released: {
    when: "app.status?.operationState.phase in ['Succeeded'] and app.status.health.status == 'Healthy'",
    once: 'app.status?.operationState?.syncResult?.revision',
    says: 'runs what stands in Git at {{.app.status.operationState.syncResult.revision}}.',
  },
  'sync-failed': {
    when: "app.status?.operationState.phase in ['Error', 'Failed']",
    once: 'app.status?.operationState?.finishedAt',
    says: 'could not be brought to what stands in Git: {{.app.status.operationState.message}}',
  },
  'waits-for-confirmation': {
    when: "app.status?.operationState.phase == 'Running' and (app.status.operationState.message ?? '') contains 'confirmation'",
    once: 'app.status?.operationState?.startedAt',
    says: 'would delete something and waits: {{.app.status.operationState.message}}',
  },
  degraded: {
    when: "app.status.health.status == 'Degraded'",
    says: 'is degraded: a canary that was taken back, or pods that do not become ready.',
  },
  unknown: {
    when: "app.status.sync.status == 'Unknown'",
    says: 'cannot be compared with Git:{{range .app.status.conditions}} {{.message}}{{end}}',
  },
};

/**
 * The chart's `notifications`: every Application's notices go to one queue, from where a pipe of EventBridge carries them to
 * the topic of the platform contract. Argo CD's notifications know SQS and not SNS.
 */
export function noticeValues({ environment, platform }: AddOnPlace): object {
  const queue = noticesName(environment);
  const entries = Object.entries(notices);
  return {
    enabled: true,
    argocdUrl: `https://${platform.argocd.domain}`,
    context: { environment },
    notifiers: { 'service.awssqs': JSON.stringify({ queue, region: platform.region, account: platform.account }) },
    subscriptions: [{ recipients: [`awssqs:${queue}`], triggers: entries.map(([name]) => name) }],
    templates: Object.fromEntries(
      entries.map(([name, { says }]) => {
        const message = `{{.app.metadata.name}} in {{.context.environment}} ${says}\n{{.context.argocdUrl}}/applications/{{.app.metadata.name}}`;
        return [`template.${name}`, JSON.stringify({ message })];
      }),
    ),
    triggers: Object.fromEntries(
      entries.map(([name, { when, once }]) => [
        `trigger.${name}`,
        JSON.stringify([{ when, send: [name], ...(once && { oncePer: once }) }]),
      ]),
    ),
  };
}
