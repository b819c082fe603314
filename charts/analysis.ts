import type { AnalysisMetric } from './custom-resources.ts';
import { addCustomResource } from './custom-resources.ts';
import type { Place } from './place.ts';
import { metadataOf, selectorOf } from './place.ts';
import { hashArgument } from './rollout.ts';

const intervalSeconds = 30;
const measurements = 10;
/** How long a canary is judged: the first measurement comes after one interval, the last one at the end. */
export const analysisSeconds = intervalSeconds * measurements;
/** One measurement may be bad; the second one ends the release. */
const mostFailures = 1;
/** So many in a row may find no Prometheus that answers; one more ends the release, for nobody would see a failure. */
const mostErrors = 4;

/** The largest share of requests that may end in a fault of ours. */
const largestErrorShare = 0.01;
/** Five times what an order took at its slowest on a laptop with two cores (docs/benchmarks.md). A bound of a bucket. */
const longestSeconds = 1;
/** With fewer a single stray error is more than `largestErrorShare` already. */
const leastRequests = 100;
/** So many errors are no strays, however few the requests are. */
const clearErrors = 3;

/**
 * What decides over a workload's canary: the share of 5xx and the 99th percentile of all that its pods answered. They are as
 * old as the canary, so that their counters as they stand are its whole life; `rate` and `increase` would miss the first
 * error of each kind. Too few requests give no result, which is neither good nor bad: one measurement with a result is
 * enough to go on, and without any the Rollout waits for a person.
 */
export function addAnalysis(place: Place, workload: string): void {
  const name = `${place.service.name}-${workload}`;
  const metric = metricOf(place);
  addCustomResource(place.chart, 'AnalysisTemplate', {
    metadata: { ...metadataOf(place, { name, component: workload, wave: 'config' }), name },
    spec: {
      args: [{ name: hashArgument }],
      metrics: [
        metric('error-rate', { bound: largestErrorShare, query: errorShare(place, workload) }),
        metric('p99', { bound: longestSeconds, query: slowest(place, workload) }),
      ],
    },
  });
}

const metricOf =
  ({ platform }: Place) =>
  (name: string, { bound, query }: { bound: number; query: string }): AnalysisMetric => ({
    name,
    initialDelay: `${intervalSeconds}s`,
    interval: `${intervalSeconds}s`,
    count: measurements,
    failureLimit: mostFailures,
    inconclusiveLimit: measurements - 1,
    consecutiveErrorLimit: mostErrors,
    successCondition: `len(result) == 1 && result[0] <= ${bound}`,
    failureCondition: `len(result) == 1 && result[0] > ${bound}`,
    provider: {
      prometheus: {
        address: platform.telemetry.metricsUrl,
        authentication: { sigv4: { region: platform.region } },
        query,
      },
    },
  });

/** The canary's pods, by the labels that the collector takes over from them. */
function podsOf({ service }: Place, workload: string): string {
  const labels = Object.entries(selectorOf(service, workload)).map(([name, value]) => [prometheusName(name), value]);
  const all = [['namespace', service.name], ...labels, ['rollouts_pod_template_hash', `{{args.${hashArgument}}}`]];
  return all.map(([name, value]) => `${name}="${value}"`).join(',');
}

const prometheusName = (label: string): string => label.replaceAll(/[^a-zA-Z0-9_]/g, '_');

/** Without any 5xx there is no such counter, which is none and not unknown. */
function errorShare(place: Place, workload: string): string {
  const pods = podsOf(place, workload);
  const errors = `sum(http_requests_total{${pods},status=~"5.."})`;
  const requests = `sum(http_requests_total{${pods}})`;
  return [
    `# error-rate: from ${leastRequests} requests on, or from ${clearErrors} errors`,
    `(${errors} or vector(0)) / ${requests}`,
    `and (${requests} >= ${leastRequests} or ${errors} >= ${clearErrors})`,
  ].join('\n');
}

function slowest(place: Place, workload: string): string {
  const pods = podsOf(place, workload);
  return [
    `# p99: from ${leastRequests} requests on`,
    `histogram_quantile(0.99, sum by (le) (http_request_duration_seconds_bucket{${pods}}))`,
    `and sum(http_request_duration_seconds_count{${pods}}) >= ${leastRequests}`,
  ].join('\n');
}
