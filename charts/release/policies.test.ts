import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReleaseCopy } from './testing/release-copy.ts';
import { copyForReleases, imagesOf } from './testing/release-copy.ts';

/** The tools of `make validate` are built from Go modules where this machine has not done so yet. */
const buildMs = 15 * 60_000;

describe('a release and the policies', { timeout: buildMs }, () => {
  let copy: ReleaseCopy;
  // As a person runs it: the tools are found where this machine keeps them.
  const variables = { HOME: process.env['HOME'] ?? '', XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? '' };
  beforeAll(() => {
    copy = copyForReleases({ withPolicies: true });
  }, buildMs);
  afterAll(() => copy.remove());

  it('what keeps every rule is committed', () => {
    const run = copy.release(imagesOf(), [], variables);
    expect([run.code, run.err]).toEqual([
      0,
      expect.stringMatching(/^dev: checking \d+ objects against schemas, policies/m),
    ]);
  });

  it('what breaks one is told with place and rule, exit code 4, and nothing is written', () => {
    copy.git('checkout', '--quiet', '-B', 'main', 'start');
    const removal = "JsonPatch.remove('/spec/externalIPs')";
    copy.edit('charts/network-service.ts', (text) =>
      text.replace(removal, `JsonPatch.replace('/spec/type', 'NodePort'), ${removal}`),
    );
    const head = copy.commit('a door');
    const run = copy.release(imagesOf(), [], variables);
    expect([run.code, run.out, copy.head(), copy.git('status', '--porcelain')]).toEqual([4, '', head, '']);
    expect(run.err).toMatch(/^manifests\/dev\/order\/service-order-api\.yaml:\d+: V19 Service order\/order-api: /m);
    expect(run.err).toMatch(/^Nothing was committed\. Mend the catalog, commit that, and run this again\.\n$/m);
    const unchecked = copy.release(imagesOf(), ['--check', '0'], variables);
    expect([unchecked.code, unchecked.err]).toEqual([0, expect.not.stringContaining('checking')]);
  });

  it('a machine that cannot check says why and what to do, exit code 5', () => {
    copy.git('checkout', '--quiet', '-B', 'main', 'start');
    copy.write('policies/validate.ts', 'process.stderr.write("E912 no Go here.\\n"); process.exitCode = 5;\n');
    const head = copy.commit('no Go');
    const run = copy.release(imagesOf(), [], variables);
    expect([run.code, copy.head()]).toEqual([5, head]);
    expect(run.err).toMatch(
      /^The manifests could not be checked: E912 no Go here\. Give CHECK=0 to leave the checks to CI\.\n$/m,
    );
  });
});
