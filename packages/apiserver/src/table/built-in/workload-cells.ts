import { numberAt, objectAt, objectsAt, textAt } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { TEMPLATE_CELLS, ratio, number, selectorText, specOf, statusOf, text } from './cell-readers.ts';
import type { CellReaders } from './cell-readers.ts';
import { formatAge, formatDuration } from '../table-columns.ts';

const JOB: CellReaders = [
  ['Status', jobStatus],
  [
    'Completions',
    (job) => `${numberAt(statusOf(job), 'succeeded') ?? 0}/${numberAt(specOf(job), 'completions') ?? 1}`,
  ],
  [
    'Duration',
    (job, nowMs) => {
      const [start, end] = [textAt(statusOf(job), 'startTime'), textAt(statusOf(job), 'completionTime')];
      if (start === '') return '';
      return formatDuration((end === '' ? nowMs : Date.parse(end)) - Date.parse(start));
    },
  ],
  ...TEMPLATE_CELLS,
];

function jobStatus(job: KubeObject): string {
  const isTrue = (type: string): boolean =>
    objectsAt(statusOf(job), 'conditions').some((item) => item['type'] === type && item['status'] === 'True');
  if (isTrue('Complete')) return 'Complete';
  if (isTrue('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (isTrue('Suspended')) return 'Suspended';
  return isTrue('FailureTarget')
    ? 'FailureTarget'
    : isTrue('SuccessCriteriaMet')
      ? 'SuccessCriteriaMet'
      : 'Running';
}

/** Cells of workloads, by `group/resource`. */
export const WORKLOAD_CELLS: readonly (readonly [key: string, cells: CellReaders])[] = [
  [
    '/replicationcontrollers',
    [
      ['Desired', number('spec', 'replicas')],
      ['Current', number('status', 'replicas')],
      ['Ready', number('status', 'readyReplicas')],
      ...TEMPLATE_CELLS,
    ],
  ],
  [
    'apps/controllerrevisions',
    [
      [
        'Controller',
        (object) => {
          const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
          if (owner === undefined) return '<none>';
          const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0] ?? ''}` : '';
          return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
        },
      ],
      ['Revision', (object) => numberAt(object, 'revision') ?? 0],
    ],
  ],
  [
    'apps/daemonsets',
    [
      ['Desired', number('status', 'desiredNumberScheduled')],
      ['Current', number('status', 'currentNumberScheduled')],
      ['Ready', number('status', 'numberReady')],
      ['Up-to-date', number('status', 'updatedNumberScheduled')],
      ['Available', number('status', 'numberAvailable')],
      [
        'Node Selector',
        (object) =>
          selectorText(objectAt(objectAt(objectAt(specOf(object), 'template'), 'spec'), 'nodeSelector')),
      ],
      ...TEMPLATE_CELLS,
    ],
  ],
  [
    'apps/deployments',
    [
      ['Ready', ratio('readyReplicas', 'replicas')],
      ['Up-to-date', number('status', 'updatedReplicas')],
      ['Available', number('status', 'availableReplicas')],
      ...TEMPLATE_CELLS,
    ],
  ],
  [
    'apps/replicasets',
    [
      ['Desired', number('spec', 'replicas')],
      ['Current', number('status', 'replicas')],
      ['Ready', number('status', 'readyReplicas')],
      ...TEMPLATE_CELLS,
    ],
  ],
  ['apps/statefulsets', [['Ready', ratio('readyReplicas', 'replicas')], ...TEMPLATE_CELLS]],
  [
    'autoscaling/horizontalpodautoscalers',
    [
      [
        'Reference',
        (object) =>
          `${textAt(objectAt(specOf(object), 'scaleTargetRef'), 'kind')}/${textAt(objectAt(specOf(object), 'scaleTargetRef'), 'name')}`,
      ],
      ['Targets', () => '<unknown>'],
      ['MinPods', number('spec', 'minReplicas')],
      ['MaxPods', number('spec', 'maxReplicas')],
      ['Replicas', number('status', 'currentReplicas')],
    ],
  ],
  [
    'batch/cronjobs',
    [
      ['Schedule', text('spec', 'schedule')],
      ['Timezone', text('spec', 'timeZone')],
      ['Suspend', (object) => (specOf(object)['suspend'] === true ? 'True' : 'False')],
      ['Active', (object) => objectsAt(statusOf(object), 'active').length],
      [
        'Last Schedule',
        (object, now) =>
          textAt(statusOf(object), 'lastScheduleTime') === ''
            ? '<none>'
            : formatAge(textAt(statusOf(object), 'lastScheduleTime'), now),
      ],
    ],
  ],
  ['batch/jobs', JOB],
];
