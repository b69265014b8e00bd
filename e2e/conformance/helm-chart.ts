import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Tools } from './tools.ts';

const CHART = { apiVersion: 'v2', name: 'demo', version: '0.1.0', appVersion: '1' };

/** What a release brings and never takes away. */
export const CRD_NAME = 'widgets.conformance.example.com';

const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: CRD_NAME },
  spec: {
    group: 'conformance.example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
          },
        },
      },
    ],
  },
};

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;

/** A Job that runs at some point of a release's life, and fails when the values say so. */
function hook(name: string, events: string, more: readonly string[] = []): string {
  return lines(
    'apiVersion: batch/v1',
    'kind: Job',
    'metadata:',
    `  name: {{ .Release.Name }}-${name}`,
    '  annotations:',
    `    helm.sh/hook: ${events}`,
    '    helm.sh/hook-delete-policy: before-hook-creation',
    'spec:',
    '  backoffLimit: 0',
    '  template:',
    ...more,
    '    spec:',
    '      restartPolicy: Never',
    '      containers: [{ name: main, image: example.invalid/hook }]',
  );
}

const FAIL = 'playground.clusternet.io/fail: Broken';

const FILES: Readonly<Record<string, string>> = {
  'Chart.yaml': JSON.stringify(CHART),
  'values.yaml': lines('value: one', 'replicas: 1', 'breaks: false', 'breaksHook: false'),
  'crds/widgets.yaml': JSON.stringify(CRD),
  'templates/map.yaml': lines(
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata:',
    '  name: {{ .Release.Name }}',
    'data:',
    '  value: {{ .Values.value | quote }}',
    '  revision: {{ .Release.Revision | quote }}',
    '  namespace: {{ (lookup "v1" "Namespace" "" "kube-system").metadata.name | default "unknown" }}',
    '  knows: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" | quote }}',
  ),
  'templates/kept.yaml': lines(
    'apiVersion: v1',
    'kind: Secret',
    'metadata:',
    '  name: {{ .Release.Name }}-kept',
    '  annotations: { helm.sh/resource-policy: keep }',
    'stringData: { password: secret }',
  ),
  'templates/widget.yaml': lines(
    'apiVersion: conformance.example.com/v1',
    'kind: Widget',
    'metadata:',
    '  name: {{ .Release.Name }}',
    'spec:',
    '  size: 3',
  ),
  'templates/deployment.yaml': lines(
    'apiVersion: apps/v1',
    'kind: Deployment',
    'metadata:',
    '  name: {{ .Release.Name }}',
    'spec:',
    '  replicas: {{ .Values.replicas }}',
    '  selector: { matchLabels: { app: {{ .Release.Name }} } }',
    '  template:',
    '    metadata:',
    '      labels: { app: {{ .Release.Name }} }',
    `      {{- if .Values.breaks }}`,
    `      annotations: { ${FAIL} }`,
    '      {{- end }}',
    '    spec: { containers: [{ name: main, image: example.invalid/main }] }',
  ),
  'templates/before.yaml': hook('before', 'pre-install,pre-upgrade', [
    '    {{- if .Values.breaksHook }}',
    `    metadata: { annotations: { ${FAIL} } }`,
    '    {{- end }}',
  ]),
  'templates/after.yaml': hook('after', 'post-install,post-upgrade'),
  'templates/last.yaml': hook('last', 'post-delete'),
  'templates/tests/test.yaml': lines(
    'apiVersion: v1',
    'kind: Pod',
    'metadata:',
    '  name: {{ .Release.Name }}-test',
    '  annotations: { helm.sh/hook: test }',
    'spec:',
    '  restartPolicy: Never',
    '  containers: [{ name: main, image: example.invalid/test }]',
  ),
  'templates/NOTES.txt': 'The value is {{ .Values.value }}.\n',
};

/** Writes a chart with a CRD, hooks, a test and an application, into `demo` of the folder of the tools. */
export function writeChart(tools: Tools): void {
  for (const folder of ['crds', 'templates/tests'])
    mkdirSync(join(tools.folder, 'demo', folder), { recursive: true });
  for (const [name, text] of Object.entries(FILES)) tools.write(`demo/${name}`, text);
}
