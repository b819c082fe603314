import { exportedFunctionsAreDocumented, openEndsHaveIssues } from './rules/comments.ts';
import { dependenciesAreExplained, exactPins, lockFileNamesNoHost } from './rules/dependencies.ts';
import { declaredEdges, declaredImports, importEdges, usedDependencies } from './rules/edges.ts';
import { environmentIsConfig } from './rules/environment.ts';
import {
  noBarrels,
  noDefaultExports,
  noEnums,
  noParameterProperties,
  noRawHtml,
  noRawSql,
  noTestsLeftOut,
} from './rules/language.ts';
import { fileLengths, functionLengths } from './rules/lengths.ts';
import { tellingNames } from './rules/names.ts';
import { generatedFilesSaySo, noMachinePaths } from './rules/places.ts';
import { queriesInStores, transactionsUseTheirOwnHandle } from './rules/queries.ts';
import type { Rule } from './tree.ts';

/** Every rule of the tidy test. `root` is where this checkout is. */
export function rulesFor(root: string): Rule[] {
  return [
    importEdges,
    declaredEdges,
    declaredImports,
    usedDependencies,
    exactPins,
    dependenciesAreExplained,
    lockFileNamesNoHost,
    fileLengths,
    functionLengths,
    tellingNames,
    noBarrels,
    noDefaultExports,
    noEnums,
    noParameterProperties,
    noTestsLeftOut,
    noRawHtml,
    noRawSql,
    openEndsHaveIssues,
    exportedFunctionsAreDocumented,
    environmentIsConfig,
    queriesInStores,
    transactionsUseTheirOwnHandle,
    noMachinePaths(root),
    generatedFilesSaySo,
  ];
}
