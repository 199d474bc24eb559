// What `cargo xtask bench` asks of this program.

import { parseArgs } from 'node:util';

export const CANDIDATES = ['lucerna', 'dexie', 'sqlite', 'pouchdb', 'rxdb'];

export type Options = {
  root: string;
  dist: string;
  out: string;
  sizes: number[];
  only: string[];
  rounds: number;
  minutes: number;
  command: string;
};

export function options(): Options {
  const { values } = parseArgs({
    options: {
      root: { type: 'string' },
      dist: { type: 'string' },
      out: { type: 'string' },
      sizes: { type: 'string', default: '1000,10000,100000' },
      only: { type: 'string', default: CANDIDATES.join(',') },
      rounds: { type: 'string', default: '3' },
      minutes: { type: 'string', default: '5' },
      command: { type: 'string', default: 'cargo xtask bench' },
    },
  });
  const { root, dist, out } = values;
  if (!root || !dist || !out) throw new Error('--root, --dist and --out say where things stand');
  const only = values.only.split(',');
  const stranger = only.find((name) => !CANDIDATES.includes(name));
  if (stranger) throw new Error(`there is no candidate \`${stranger}\`; there are ${CANDIDATES.join(', ')}`);
  return {
    root,
    dist,
    out,
    only,
    sizes: values.sizes.split(',').map(Number).sort((a, b) => a - b),
    rounds: Number(values.rounds),
    minutes: Number(values.minutes),
    command: values.command,
  };
}
