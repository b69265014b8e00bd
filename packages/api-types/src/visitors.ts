/** Names, or everybody. */
type Granted = '*' | readonly string[];

/** Whom a child lets its parent impersonate: what Secret `child-cluster-visitors` says, as JSON. */
export interface VisitorGrant {
  readonly users: Granted;
  readonly groups: Granted;
}

/** @returns undefined for what is no grant: a child may write anything */
export function parseVisitorGrant(text: string): VisitorGrant | undefined {
  try {
    const { users, groups } = JSON.parse(text) as Partial<Record<'groups' | 'users', unknown>>;
    return isGranted(users) && isGranted(groups) ? { users, groups } : undefined;
  } catch {
    return undefined;
  }
}

function isGranted(value: unknown): value is Granted {
  return value === '*' || (Array.isArray(value) && value.every((name) => typeof name === 'string'));
}
