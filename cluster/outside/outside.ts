import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join, resolve } from 'node:path';
import { EnvironmentFault, UsageFault } from '@millrace/policies/environment-fault.ts';
import { certificateFor } from './certificate.ts';
import { startConnectProxy } from './connect-proxy.ts';
import { startControl } from './control.ts';
import { openGitHost } from './git-host.ts';
import { createMetricValues, standardMetricNames } from './metric-values.ts';
import { openMetricsHost } from './metrics-host.ts';

export interface OutsideOptions {
  /** The address of the repository that Argo CD watches, as the platform contract has it. */
  repositoryUrl: string;
  /** What is served there: a working copy or a bare clone on this machine. */
  repositoryPath: string;
  /** The workspace's address, without `/api/v1`, as the platform contract has it. */
  metricsUrl: string;
  /** Where the certificate, its key and `outside.json` are; it survives a restart. */
  folder: string;
  /** Of the proxy; 0 takes a free one. */
  port?: number;
  /** Of the control listener; 0 takes a free one. */
  controlPort?: number;
  /** Texts by which queries are told apart; each says 0 until it is set. */
  metricNames?: readonly string[];
  /** Takes a line for each refused host and each failure; standard error unless said. */
  note?: (line: string) => void;
}

/** What a program needs to know to live in this world. */
export interface OutsideFacts {
  proxyUrl: string;
  controlUrl: string;
  certificateFile: string;
  /** The variables that a child process needs. */
  environment: Record<string, string>;
}

export interface Outside extends OutsideFacts {
  close(): Promise<void>;
}

/**
 * Starts the outside world of the local cluster: a proxy behind which the hosts of the platform contract answer, from this
 * machine, and no others do. So the manifests that run here are those of the cloud.
 * @throws UsageFault or EnvironmentFault in one line.
 */
export async function startOutside(options: OutsideOptions): Promise<Outside> {
  const note = options.note ?? ((line: string) => process.stderr.write(`${line}\n`));
  const repository = httpsUrl(options.repositoryUrl, 'the repository');
  const metrics = httpsUrl(options.metricsUrl, 'the metrics');
  if (repository.hostname === metrics.hostname) throw new UsageFault('the repository and the metrics share a host');
  if (!existsSync(options.repositoryPath)) throw new EnvironmentFault(`E915 there is no ${options.repositoryPath}.`);
  const git = await openGitHost({
    urlPath: repository.pathname.replace(/\/$/, ''),
    repositoryPath: resolve(options.repositoryPath),
    note,
  });
  const values = createMetricValues(options.metricNames ?? standardMetricNames);
  const hosts = new Map<string, RequestListener>([
    [repository.hostname, git.answer],
    [metrics.hostname, openMetricsHost({ metricsUrl: options.metricsUrl, values, note })],
  ]);
  const certificate = await certificateFor([...hosts.keys()], resolve(options.folder));
  const refused = new Map<string, number>();
  const proxy = await startConnectProxy({ port: options.port ?? 0, certificate, hosts, refused, note });
  try {
    const control = await startControl({
      port: options.controlPort ?? 0,
      values,
      refusedHosts: refused,
      git: git.counts,
    });
    const facts: OutsideFacts = {
      proxyUrl: proxy.url,
      controlUrl: control.url,
      certificateFile: certificate.certificateFile,
      environment: variables(proxy.url, certificate.certificateFile),
    };
    writeFacts(options.folder, facts);
    return {
      ...facts,
      close: async () => {
        await Promise.all([proxy.close(), control.close()]);
      },
    };
  } catch (error) {
    await proxy.close();
    throw error;
  }
}

function httpsUrl(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && url.port === '' && url.username === '') return url;
  throw new UsageFault(`the address of ${what} is to be https://<host>/<path>, not "${text}"`);
}

/** Each program has names of its own for the same two facts: Go, Git, curl and Node. */
function variables(proxyUrl: string, certificateFile: string): Record<string, string> {
  const never = '127.0.0.1,localhost,::1';
  return {
    HTTPS_PROXY: proxyUrl,
    https_proxy: proxyUrl,
    HTTP_PROXY: proxyUrl,
    http_proxy: proxyUrl,
    NO_PROXY: never,
    no_proxy: never,
    SSL_CERT_FILE: certificateFile,
    GIT_SSL_CAINFO: certificateFile,
    CURL_CA_BUNDLE: certificateFile,
    NODE_EXTRA_CA_CERTS: certificateFile,
  };
}

function writeFacts(folder: string, facts: OutsideFacts): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'outside.json');
  writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(facts, undefined, 2)}\n`);
  renameSync(`${path}.${process.pid}`, path);
}
