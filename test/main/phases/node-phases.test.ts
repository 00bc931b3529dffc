import { describe, expect, test } from 'vitest';
import { phaseNames } from '../../../common/results.ts';
import { canBeKept, clusterPhases, nodePhases } from '../../../main/phases/node-phases.ts';

describe('the phases that prepare the nodes', () => {
  test('are in the order in which reports and a rerun name them', () => {
    const names = nodePhases.map(({ name }) => name);
    expect(names).toEqual(phaseNames.filter((name) => names.includes(name)));
    expect(clusterPhases.map(({ name }) => name)).toEqual(['setup']);
  });

  test('can be kept as a layer where they depend on no address: packages, and nothing that comes later', () =>
    expect(nodePhases.filter(canBeKept).map(({ name }) => name)).toEqual(['install']));
});
