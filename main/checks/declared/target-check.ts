import { present } from '../../../common/present.ts';
import type { CheckResult } from '../../../common/results.ts';
import type { ClusterUnderTest } from '../../cluster/cluster-under-test.ts';
import type { DeclaredCheck } from '../../config/scenario.ts';
import type { Check } from '../check.ts';
import { type Attempts, attemptUntil } from './attempts.ts';
import { type Target, targetsOf } from './targets.ts';

/** How a check looks at one of its targets. */
export interface Look extends Pick<Attempts, 'expected' | 'attempt'> {
  /** What ends its name: the way by which it looks; empty unless told. */
  readonly way?: string;
}

/** A declared check that looks at each of its targets by itself, all side by side, until its time is up. */
export abstract class TargetCheck<Spec extends DeclaredCheck> implements Check {
  readonly name: string;
  readonly kind: Spec['kind'];
  readonly spec: Spec;

  constructor(spec: Spec) {
    this.spec = spec;
    this.name = spec.name;
    this.kind = spec.kind;
  }

  run(cluster: ClusterUnderTest, { signal }: { signal: AbortSignal }): Promise<readonly CheckResult[]> {
    const { name, kind } = this;
    const { within } = this.spec;
    const one = (target: Target) => {
      const { way = '', ...look } = this.look(target, cluster);
      const node = present({ node: target.node });
      return attemptUntil({ name: name + target.suffix + way, kind, within, signal, ...node, ...look });
    };
    return Promise.all(this.targets(cluster).map(one));
  }

  protected targets(cluster: ClusterUnderTest): readonly Target[] {
    return targetsOf(this.spec.on, cluster);
  }

  protected abstract look(target: Target, cluster: ClusterUnderTest): Look;
}
