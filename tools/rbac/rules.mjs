// Rules of RBAC as cells: one for each role, API group, resource and verb. Pure.

/** @typedef {{ role: string, group: string, resource: string, verb: string, names: readonly string[] }} Cell */

/** Tells cells apart, whatever names they are about. */
export const cellKey = ({ role, group, resource, verb }) => [role, group, resource, verb].join(' ');

/**
 * The cells that rules grant. Shape of a rule: as in a Role.
 * @param {string} role
 * @param {readonly object[]} rules
 * @returns {Cell[]}
 */
export function expandRules(role, rules) {
  return rules.flatMap(
    ({ apiGroups = [''], resources = [], nonResourceURLs = [], verbs, resourceNames = [] }) => [
      ...nonResourceURLs.flatMap((resource) =>
        verbs.map((verb) => ({ role, group: '', resource, verb, names: [] })),
      ),
      ...apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => ({ role, group, resource, verb, names: resourceNames })),
        ),
      ),
    ],
  );
}

/** What `system:discovery` and `system:public-info-viewer` let everybody read who is authenticated. */
const DISCOVERY = /^\/(?:api|apis|healthz|livez|openapi|readyz|version)(?:\/|$)/;

/**
 * Compares what is granted with what was used.
 *
 * @param {readonly Cell[]} granted
 * @param {readonly (Cell & { isDenied: boolean })[]} used
 * @param {readonly (Cell & { reason: string, through?: string })[]} declared - rights that need not be used, and why;
 *   those with `through` come from another role, which Kubernetes brings along
 * @returns {{ unused: Cell[], missing: Cell[], stale: Cell[], rows: object[] }}
 */
export function compareRules(granted, used, declared) {
  const grantedKeys = new Map();
  for (const cell of granted) {
    const names = grantedKeys.get(cellKey(cell));
    const isAny = cell.names.length === 0 || (names !== undefined && names.length === 0);
    grantedKeys.set(cellKey(cell), isAny ? [] : [...(names ?? []), ...cell.names]);
  }
  const declaredKeys = new Map(declared.map((cell) => [cellKey(cell), cell]));
  const usedKeys = new Set(used.filter(({ isDenied }) => !isDenied).map(cellKey));
  const isGranted = (cell) => {
    if (cell.verb === 'get' && DISCOVERY.test(cell.resource)) return true;
    const names =
      grantedKeys.get(cellKey(cell)) ?? grantedKeys.get(cellKey({ ...cell, group: '*', resource: '*' }));
    if (names === undefined) return declaredKeys.get(cellKey(cell))?.through !== undefined;
    return names.length === 0 || cell.names.every((name) => names.includes(name));
  };
  const unused = granted.filter((cell) => !usedKeys.has(cellKey(cell)) && !declaredKeys.has(cellKey(cell)));
  const missing = used.filter(
    (cell) => (cell.isDenied && !declaredKeys.has(cellKey(cell))) || (!cell.isDenied && !isGranted(cell)),
  );
  const stale = declared.filter((cell) => cell.through === undefined && !grantedKeys.has(cellKey(cell)));
  return { unused, missing, stale };
}
