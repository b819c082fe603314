import { repositoryRoot } from '../diff/command.ts';
import { environmentsIn, readOptions } from '../diff/options.ts';
import { commandVariables } from './config.ts';
import { costJson } from './cost-json.ts';
import { costReport } from './cost-report.ts';
import { costTexts } from './cost-text.ts';
import { readMeasurements } from './measurements.ts';
import { renderWorkingTree, withEveryService, withoutRelease } from './working-tree.ts';

/** What `make cost` prints. @throws CommandFault 2 for wrong usage, 3 for an invalid catalog. */
export function cost(words: readonly string[]): string {
  const options = readOptions(words, { variables: commandVariables(), values: ['env'], switches: ['json'] });
  const rendered = renderWorkingTree(environmentsIn(options.values.get('env')));
  const measured = readMeasurements(repositoryRoot);
  const reports = rendered.map((set) =>
    costReport(withEveryService(set), { withoutRelease: withoutRelease(set), measured }),
  );
  return options.switches.has('json') ? costJson(reports) : costTexts(reports);
}
