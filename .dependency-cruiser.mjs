// The rooms of the design and the doors between them. An entry lists the rooms that a room may import.
const doors = {
  common: [],
  columns: ['common'],
  parser: ['common'],
  plan: ['common', 'parser'],
  database: ['common'],
  leases: ['common', 'database'],
  catalog: ['common', 'database', 'leases', 'samples'],
  estimator: ['common', 'plan'],
  samples: ['common', 'columns'],
  sources: ['common', 'columns', 'plan'],
  planner: ['common', 'parser', 'plan', 'catalog', 'estimator'],
  executor: ['common', 'columns', 'plan', 'samples'],
  sampler: ['common', 'columns', 'plan', 'catalog', 'leases', 'sources', 'samples'],
  engine: [
    'common',
    'columns',
    'parser',
    'plan',
    'database',
    'leases',
    'catalog',
    'estimator',
    'samples',
    'sources',
    'planner',
    'executor',
    'sampler',
  ],
  start: [],
  server: [],
  cli: ['server', 'start'],
};

/** A room's inside is private: others come through its `index.ts`. */
const throughTheDoor = Object.keys(doors).map((room) => ({
  name: `${room}-through-its-index`,
  severity: 'error',
  from: { path: '^src/', pathNot: [`^src/${room}/`] },
  to: {
    path: `^src/${room}/`,
    // The server steers the engine through engine/control; workers and bundles start from their own entry files.
    pathNot: [`^src/${room}/index\\.ts$`, '^src/engine/control\\.ts$'],
  },
}));

const walls = Object.entries(doors).map(([room, allowed]) => ({
  name: `${room}-imports`,
  comment: `${room} may import: ${allowed.join(', ') || 'no other room'}`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: {
    path: '^src/',
    pathNot: [
      `^src/${room}/`,
      ...allowed.map((other) => `^src/${other}/`),
      ...(['start', 'server', 'cli'].includes(room) ? ['^src/index\\.ts$', '^src/engine/control\\.ts$'] : []),
    ],
  },
}));

export default {
  forbidden: [
    ...throughTheDoor,
    ...walls,
    {
      name: 'public-face',
      comment: 'index.ts re-exports the engine and nothing else',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: '^src/', pathNot: ['^src/engine/index\\.ts$'] },
    },
    ...[
      ['planner', 'catalog', 'the planner is pure: it gets a snapshot, never a database'],
      ['catalog', 'samples', 'the catalog keeps manifests of sample files, it never opens one'],
    ].map(([from, to, comment]) => ({
      name: `${from}-sees-${to}-types-only`,
      comment,
      severity: 'error',
      from: { path: `^src/${from}/` },
      to: { path: `^src/${to}/`, dependencyTypesNot: ['type-only'] },
    })),
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphan',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
