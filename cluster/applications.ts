import type { ApiClient } from '@millrace/policies/tools/api-client.ts';

/** What Argo CD says of an Application. */
export interface ApplicationState {
  name: string;
  project: string;
  /** Synced, OutOfSync, Unknown. */
  sync: string;
  /** Healthy, Progressing, Degraded, Suspended, Missing, Unknown. */
  health: string;
  /** The commit that it was compared with. */
  revision: string;
  /** Of the last sync: Succeeded, Failed, Error, Running; empty before the first. */
  phase: string;
  /** What is wrong: the conditions, and what the last sync says when it did not succeed, or is tried again; joined by "; ". */
  message: string;
  object: Record<string, unknown>;
}

/** The parts of an Application that are read here. Source: its custom resource definition. */
interface Application {
  metadata: { name: string };
  spec: { project: string };
  status?: {
    sync?: { status?: string; revision?: string };
    health?: { status?: string; message?: string };
    conditions?: { type: string; message: string }[];
    operationState?: {
      phase?: string;
      message?: string;
      /** How often it was tried again; between two attempts its phase is Running. */
      retryCount?: number;
      syncResult?: {
        resources?: { kind: string; name: string; status?: string; hookPhase?: string; message?: string }[];
      };
    };
  };
}

const path = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications';
const failedPhases = ['Failed', 'Error'];

/** Every Application, by name; from the API server's own memory, so it costs next to nothing. */
export async function readApplications(api: ApiClient): Promise<ApplicationState[]> {
  const { status, body } = await api.ask('GET', `${path}?resourceVersion=0`);
  if (status !== 200) throw new Error(`Applications: ${status} ${String(body['message'])}`);
  return statesOf(body);
}

/** The Applications of a list, by name. */
export function statesOf(list: Record<string, unknown>): ApplicationState[] {
  return (list['items'] as Application[]).map(stateOf).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function stateOf(application: Application): ApplicationState {
  const { metadata, spec, status = {} } = application;
  const { operationState } = status;
  return {
    name: metadata.name,
    project: spec.project,
    sync: status.sync?.status || 'Unknown',
    health: status.health?.status || 'Unknown',
    revision: status.sync?.revision ?? '',
    phase: operationState?.phase ?? '',
    message: messagesOf(status).join('; '),
    object: application as unknown as Record<string, unknown>,
  };
}

function messagesOf(status: NonNullable<Application['status']>): string[] {
  const { conditions = [], operationState } = status;
  const said = conditions.map(({ type, message }) => `${type}: ${message}`);
  const isFailing = failedPhases.includes(operationState?.phase ?? '') || (operationState?.retryCount ?? 0) > 0;
  if (!operationState || operationState.phase === 'Succeeded' || !isFailing) return said;
  const resources = (operationState.syncResult?.resources ?? [])
    .filter(({ status: outcome, hookPhase }) => outcome === 'SyncFailed' || failedPhases.includes(hookPhase ?? ''))
    .map(({ kind, name, message }) => `${kind} ${name}: ${message ?? ''}`);
  return [...said, operationState.message ?? '', ...resources].filter(Boolean);
}

/** Whether an Application runs what stands in Git, at a commit when one is named. */
export const isDone = (state: ApplicationState, revision?: string): boolean =>
  state.sync === 'Synced' &&
  state.health === 'Healthy' &&
  state.phase !== 'Running' &&
  (revision === undefined || state.revision === revision);
