import type { JsonObject } from '@clusternet/kube-data';

const CONTAINERS = 4;

/** A Deployment of 200 lines when written as YAML. */
export function createDeployment(): JsonObject {
  const labels = { app: 'shop', tier: 'web', team: 'storefront', 'app.kubernetes.io/part-of': 'shop' };
  const containers = Array.from({ length: CONTAINERS }, (_, index) => createContainer(index));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop', namespace: 'web', labels, annotations: { note: 'measured' } },
    spec: {
      replicas: 3,
      revisionHistoryLimit: 5,
      selector: { matchLabels: { app: 'shop' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels },
        spec: { serviceAccountName: 'shop', terminationGracePeriodSeconds: 30, containers },
      },
    },
  };
}

function createContainer(index: number): JsonObject {
  const probe = { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 10, failureThreshold: 3 };
  return {
    name: `part-${index}`,
    image: `registry.example/shop/part-${index}:1.4.2`,
    imagePullPolicy: 'IfNotPresent',
    args: ['--config=/etc/shop/config.yaml', '--v=2'],
    ports: [{ name: 'http', containerPort: 8080 + index, protocol: 'TCP' }],
    env: ['LEVEL', 'REGION', 'ZONE'].map((name) => ({ name, value: `value-of-${name}` })),
    resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
    livenessProbe: probe,
    readinessProbe: { ...probe, initialDelaySeconds: 2 },
    volumeMounts: [{ name: 'config', mountPath: '/etc/shop', readOnly: true }],
  };
}
