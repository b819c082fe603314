import { describe, expect, it } from 'vitest';
import { planPod } from './plan.ts';
import { schedulerRefusal } from './refusal.ts';

const says = (spec: Record<string, unknown>): string | undefined => schedulerRefusal(spec, planPod(spec));
const container = (fields: object) => ({ containers: [{ name: 'app', ...fields }] });

describe("the scheduler's words", () => {
  it.each([
    [
      'kubernetes-sigs/aws-efs-csi-driver#589',
      {
        hostNetwork: true,
        ...container({ securityContext: { privileged: true }, ports: [{ containerPort: 9809, hostPort: 9809 }] }),
      },
      'Pod not supported on Fargate: fields not supported: HostNetwork, invalid SecurityContext fields: Privileged, port contains HostIP or HostPort',
    ],
    [
      'freegroup/kube-s3#14',
      {
        ...container({ securityContext: { privileged: true } }),
        volumes: [{ name: 'mntdatas3fs', hostPath: { path: '/mnt' } }],
      },
      'Pod not supported on Fargate: invalid SecurityContext fields: Privileged, volumes not supported: mntdatas3fs is of an unsupported volume Type',
    ],
    [
      'frappe/frappe_docker#1182',
      { initContainers: [{ securityContext: { capabilities: { add: ['CAP_CHOWN'] } } }] },
      'Pod not supported on Fargate: invalid SecurityContext fields: Capabilities added: CAP_CHOWN',
    ],
    [
      'kubernetes/ingress-nginx#4888',
      container({ securityContext: { allowPrivilegeEscalation: true } }),
      'Pod not supported on Fargate: invalid SecurityContext fields: AllowPrivilegeEscalation',
    ],
    [
      'aws/eks-distro-prow-jobs#11',
      container({ resources: { requests: { cpu: '20', memory: '1Gi' } } }),
      "Your pod's cpu/memory requirements exceed the max Fargate configuration",
    ],
  ])('are those of %s', (_, spec, words) => {
    expect(says(spec)).toBe(words);
  });

  it('are none for a pod that Fargate takes', () => {
    expect(
      says({
        hostNetwork: false,
        ...container({
          securityContext: { privileged: false, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          ports: [{ containerPort: 8080, hostPort: 0 }],
        }),
        volumes: [{ name: 'scratch' }, { name: 'token', projected: { sources: [] } }],
      }),
    ).toBeUndefined();
  });
});
