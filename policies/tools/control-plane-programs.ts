import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a control plane keeps its files, and the ports of 127.0.0.1 that are its own. */
export interface ControlPlanePlace {
  folder: string;
  ports: { etcd: number; peer: number; api: number };
}

/** Somebody whom the API server knows by a token. */
export interface ApiUser {
  name: string;
  groups: readonly string[];
  token: string;
}

/** The certificate that the API server makes for itself when it first starts in a folder. */
export const certificateFile = (folder: string): string => join(folder, 'certificates/apiserver.crt');
/** The key that signs the tokens of service accounts. */
export const accountKeyFile = (folder: string): string => join(folder, 'accounts.pem');

const tokensFile = (folder: string): string => join(folder, 'tokens.csv');
const accountPublicKeyFile = (folder: string): string => join(folder, 'accounts.pub');
const url = (port: number): string => `http://127.0.0.1:${port}`;

/** Writes what both programs read: the users' tokens, and keys, which are made once and stay. */
export function prepareControlPlane(folder: string, users: readonly ApiUser[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(accountKeyFile(folder))) {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(accountPublicKeyFile(folder), publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(accountKeyFile(folder), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  const lines = users.map(({ name, groups, token }) => `${token},${name},${name},"${groups.join(',')}"\n`);
  writeFileSync(tokensFile(folder), lines.join(''), { mode: 0o600 });
}

/** How etcd is started: on 127.0.0.1, and without waiting for the disk, because nothing of it must outlive a power cut. */
export function etcdWords({ folder, ports }: ControlPlanePlace): string[] {
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${url(ports.etcd)}`,
    `--advertise-client-urls=${url(ports.etcd)}`,
    `--listen-peer-urls=${url(ports.peer)}`,
    `--initial-advertise-peer-urls=${url(ports.peer)}`,
    `--initial-cluster=default=${url(ports.peer)}`,
    '--unsafe-no-fsync',
  ];
}

/** How the API server is started; PodSecurity and ValidatingAdmissionPolicy are on by themselves. */
export function apiServerWords({ folder, ports }: ControlPlanePlace): string[] {
  return [
    `--etcd-servers=${url(ports.etcd)}`,
    `--cert-dir=${join(folder, 'certificates')}`,
    `--secure-port=${ports.api}`,
    '--bind-address=127.0.0.1',
    // Said, so that the server does not look for a network card, and tells no pod to come to 127.0.0.1.
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    `--token-auth-file=${tokensFile(folder)}`,
    '--authorization-mode=Node,RBAC',
    `--service-account-key-file=${accountPublicKeyFile(folder)}`,
    `--service-account-signing-key-file=${accountKeyFile(folder)}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-cluster-ip-range=10.96.0.0/16',
  ];
}
