import { startGarbageCollector } from './garbage-collector.ts';
import { startLocalController } from './local-controller.ts';
import type { LocalControllerDeps } from './local-controller.ts';
import { createNamespaceController } from './namespace-controller.ts';
import { createRoleController } from './role-controller.ts';
import { createTokenSecretController } from './token-secret-controller.ts';

/** Runs everything that a controller manager runs, as far as it is here. */
export function startControllers(deps: LocalControllerDeps): AsyncDisposable {
  const stack = new AsyncDisposableStack();
  for (const create of [createNamespaceController, createTokenSecretController, createRoleController]) {
    stack.use(startLocalController(deps, create(deps)));
  }
  stack.use(startGarbageCollector(deps));
  return stack;
}
