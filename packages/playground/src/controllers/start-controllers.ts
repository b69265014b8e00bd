import { createBootstrapSignerController } from './bootstrap-signer-controller.ts';
import { createDaemonSetController } from './daemon-set-controller.ts';
import { createDeploymentController } from './deployment-controller.ts';
import { createEndpointsController } from './endpoints-controller.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { createJobController } from './job-controller.ts';
import { startLocalController } from './local-controller.ts';
import type { LocalController, LocalControllerDeps } from './local-controller.ts';
import { createNamespaceController } from './namespace-controller.ts';
import { createQuotaController } from './quota-controller.ts';
import { createReplicaSetController } from './replica-set-controller.ts';
import { createRoleController } from './role-controller.ts';
import { createStatefulSetController } from './stateful-set-controller.ts';
import { createTokenSecretController } from './token-secret-controller.ts';

/** Everything that a controller manager runs, as far as it is here. */
export function createControllers(deps: LocalControllerDeps): LocalController[] {
  return [
    createNamespaceController(deps),
    createTokenSecretController(deps),
    createBootstrapSignerController(deps),
    createRoleController(deps),
    createReplicaSetController(deps, { group: 'apps', resource: 'replicasets', kind: 'ReplicaSet' }),
    createReplicaSetController(deps, {
      group: '',
      resource: 'replicationcontrollers',
      kind: 'ReplicationController',
    }),
    createDeploymentController(deps),
    createStatefulSetController(deps),
    createDaemonSetController(deps),
    createJobController(deps),
    createEndpointsController(deps),
    createQuotaController(deps),
  ];
}

/** Runs the controllers until disposed. */
export function startControllers(deps: LocalControllerDeps): AsyncDisposable {
  const running = [
    ...createControllers(deps).map((controller) => startLocalController(deps, controller)),
    startGarbageCollector(deps),
  ];
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((item) => item[Symbol.asyncDispose]()));
    },
  };
}
