import { request } from 'node:https';
import { join } from 'node:path';
import type { ControlPlanePlace } from '@millrace/policies/tools/control-plane-programs.ts';
import {
  accountKeyFile,
  apiServerWords,
  certificateFile,
  etcdWords,
} from '@millrace/policies/tools/control-plane-programs.ts';
import type { ProcessPlan } from './child.ts';
import type { ProcessName, Workplace } from './process-names.ts';
import { answersHttp } from './ready.ts';
import { kubeconfigFile } from './users.ts';

const askMs = 1_000;
/** Fewer rounds of Go's collector, which cost more than memory on two processors, and a bound to what they may let grow. */
const apiServerMemory = { GOGC: '200', GOMEMLIMIT: '1GiB' };

/** etcd and the API server; they may start together, the server waits for its store. */
export function controlPlanePlans(
  place: ControlPlanePlace,
  { workplace, programs }: { workplace: Workplace; programs: { etcd: string; apiServer: string } },
): [ProcessPlan<ProcessName>, ProcessPlan<ProcessName>] {
  const apiServer = workplace('kube-apiserver');
  return [
    {
      ...workplace('etcd'),
      program: programs.etcd,
      words: [...etcdWords(place), '--log-level=warn'],
      isReady: () => answersHttp(`http://127.0.0.1:${place.ports.etcd}/readyz`),
    },
    {
      ...apiServer,
      environment: { ...apiServer.environment, ...apiServerMemory },
      program: programs.apiServer,
      words: [...apiServerWords(place), '--enable-admission-plugins=NodeRestriction'],
      isReady: () => isApiServerReady(place.ports.api),
    },
  ];
}

/** The controllers of Kubernetes itself; the horizontal autoscaler is played by the simulation, which knows the metrics. */
export function controllerManagerPlan(
  place: ControlPlanePlace,
  { workplace, program }: { workplace: Workplace; program: string },
): ProcessPlan<ProcessName> {
  const kubeconfig = kubeconfigFile(join(place.folder, '..'), 'kube-controller-manager');
  return {
    ...workplace('kube-controller-manager'),
    program,
    words: [
      `--kubeconfig=${kubeconfig}`,
      '--controllers=*,-horizontal-pod-autoscaler-controller',
      '--use-service-account-credentials',
      `--service-account-private-key-file=${accountKeyFile(place.folder)}`,
      `--root-ca-file=${certificateFile(place.folder)}`,
      '--leader-elect=false',
      '--secure-port=0',
      // The simulated nodes say every 15 s that they live; a busy machine may be late.
      '--node-monitor-grace-period=120s',
    ],
    // It has no port: its work shows that it is there.
    isReady: async () => true,
  };
}

/** The API server's certificate signs itself and is not on disk before it answers, so this one question does not check it. */
function isApiServerReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      path: '/readyz',
      rejectUnauthorized: false,
      timeout: askMs,
      agent: false,
    });
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
