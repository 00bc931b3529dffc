import { z } from 'zod';
import * as field from '../../config/schema/field-schemas.ts';
import { type Asked, type OnNode, onNode } from '../method.ts';

/** An act on the whole machine that takes no more than that. */
const act = (what: 'reboot' | 'powerOff' | 'powerOn') =>
  onNode({
    params: z.tuple([]),
    whenDown: true,
    run: ({ live, node }: OnNode, _: [], { by }: Asked): Promise<void> =>
      live.power.act(node, { act: what }, by),
  });

/** One with a snapshot's name: a-z, 0-9 and hyphens. */
const named = (what: 'snapshot' | 'restore') =>
  onNode({
    params: z.tuple([field.text]),
    whenDown: true,
    run: ({ live, node }: OnNode, [name]: [name: string], { by }: Asked): Promise<void> =>
      live.power.act(node, { act: what, name }, by),
  });

export const reboot = act('reboot');
export const powerOff = act('powerOff');
export const powerOn = act('powerOn');
export const snapshot = named('snapshot');
export const restore = named('restore');
