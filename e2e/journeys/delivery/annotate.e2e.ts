import type { Feed } from '@clusternet/api-types';
import type { ResourceClient } from '@clusternet/client';
import { clusternetRef, isApiError } from '@clusternet/client';
import { findCondition } from '@clusternet/controller-kit';
import type { KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToParent } from '../../harness/application.ts';
import { eventually } from '../../harness/eventually.ts';
import { startFleet } from '../../harness/fleet.ts';
import type { Fleet } from '../../harness/fleet.ts';
import type { FleetChild } from '../../harness/join-child.ts';
import { core, deployments, on, subscriptions } from '../../harness/journey.ts';

const PREFIX = 'apps.clusternet.io/';
const OWNER = `${PREFIX}owned-by-description`;
const NAMESPACE = 'noted';

describe.each([
  { mode: 'Push', isAppPusherEnabled: true },
  { mode: 'Pull', isAppPusherEnabled: false },
] as const)(
  `what templates ask for by annotation, in mode $mode, on ${on} control planes`,
  ({ mode, isAppPusherEnabled }) => {
    let fleet: Fleet;
    let child: FleetChild;
    beforeAll(async () => {
      const labels = { env: 'noted' };
      fleet = await startFleet({
        on,
        children: [{ name: 'child', syncMode: mode, isAppPusherEnabled, labels }],
      });
      child = fleet.child('child');
    });
    afterAll(() => fleet[Symbol.asyncDispose]());

    const configMaps = (): ResourceClient => core(child.plane.client, 'ConfigMap', 'configmaps');
    const named = (name: string) => ({ namespace: NAMESPACE, name });
    const noted = (annotations: Record<string, string>) =>
      Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${PREFIX}${key}`, value]));
    const configMap = (name: string, data: Record<string, string>, annotations = {}): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...named(name), annotations: noted(annotations) },
      data,
    });
    const web = (
      name: string,
      spec: { image: string; app?: string; replicas?: number },
      annotations = {},
    ): KubeObject => {
      const { image, app = name, replicas = 3 } = spec;
      const labels = { app };
      return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { ...named(name), annotations: noted(annotations) },
        spec: {
          replicas,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } },
        },
      };
    };
    const deliver = async (name: string, objects: readonly KubeObject[]): Promise<void> => {
      const feeds = objects.map(({ apiVersion, kind, metadata }): Feed => ({
        apiVersion,
        kind,
        namespace: NAMESPACE,
        name: metadata.name ?? '',
      }));
      const subscribers = [{ clusterAffinity: { matchLabels: { env: 'noted' } } }];
      await applyToParent(fleet.parent.client, [
        ...objects,
        {
          apiVersion: 'apps.clusternet.io/v1alpha1',
          kind: 'Subscription',
          metadata: { name, namespace: 'default' },
          spec: { subscribers, feeds },
        },
      ]);
    };
    const remove = (name: string) => subscriptions(fleet).delete({ namespace: 'default', name });
    const ready = (name: string, status: 'False' | 'True', text = '') =>
      eventually(`Ready ${status} of ${name}`, async () => {
        const found = await subscriptions(fleet).get({ namespace: 'default', name });
        const condition = findCondition(found.status?.conditions, 'Ready');
        const isPresent = condition?.observedGeneration === found.metadata.generation;
        if (isPresent && condition?.status === status && condition.message?.includes(text) === true)
          return condition;
        throw new Error(JSON.stringify(found.status?.conditions));
      });
    const liveWeb = (name: string) => deployments(child.plane.client).get(named(name));
    const imageOf = ({ spec }: { spec: object }): string =>
      (spec as { template: { spec: { containers: { image: string }[] } } }).template.spec.containers[0]
        ?.image ?? '';
    const withImage = (name: string, image: string) =>
      eventually(`${name} with ${image}`, async () => {
        const live = await liveWeb(name);
        return imageOf(live) === image ? live : undefined;
      });

    it('makes a namespace that is missing', async () => {
      await deliver('first', [configMap('first', { k: '1' })]);
      await ready('first', 'True');
      expect((await configMaps().get(named('first')))['data']).toEqual({ k: '1' });
    });

    it('leaves alone what is there already, where adoption is refused', async () => {
      await configMaps().create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: named('theirs'),
        data: { of: 'them' },
      });
      await deliver('adopt', [
        configMap('theirs', { of: 'us' }, { adoption: 'Refuse' }),
        configMap('ours', {}),
      ]);
      await ready('adopt', 'False', 'ConfigMap noted/theirs is there already');
      expect((await configMaps().get(named('theirs')))['data']).toEqual({ of: 'them' });
      await configMaps().get(named('ours'));
      await configMaps().delete(named('theirs'));
      await ready('adopt', 'True');
      expect((await configMaps().get(named('theirs')))['data']).toEqual({ of: 'us' });
    });

    it('leaves an orphan behind where it is asked to, and takes the rest away', async () => {
      await deliver('leave', [
        configMap('stays', { k: '1' }, { 'deletion-policy': 'Orphan' }),
        configMap('goes', {}),
      ]);
      await ready('leave', 'True');
      await remove('leave');
      await eventually('one to be gone', () =>
        configMaps()
          .get(named('goes'))
          .then(
            () => false,
            (error: unknown) => isApiError(error, 'NOT_FOUND'),
          ),
      );
      const { metadata, data } = await eventually('the other to be nobody’s', async () => {
        const left = await configMaps().get(named('stays'));
        return left.metadata.annotations?.[OWNER] === undefined ? left : undefined;
      });
      expect([metadata.deletionTimestamp, data]).toEqual([undefined, { k: '1' }]);
    });

    describe('a field that is left to others', () => {
      const ignoring = { 'ignore-fields': '/spec/replicas' };

      it('is set once, and owned by nobody', async () => {
        await deliver('ignore', [
          web('scaled', { image: 'nginx:1' }, ignoring),
          web('alone', { image: 'nginx:1' }, ignoring),
        ]);
        await ready('ignore', 'True');
        const { spec, metadata } = await liveWeb('scaled');
        expect(spec.replicas).toBe(3);
        const ours = ((metadata.managedFields ?? []) as { manager?: string }[]).filter(
          ({ manager }) => manager === 'clusternet',
        );
        expect(ours).toHaveLength(1);
        expect(JSON.stringify(ours)).not.toContain('f:replicas');
      });

      it('keeps what others make of it when the rest changes', async () => {
        await deployments(child.plane.client).patch(
          named('scaled'),
          'merge',
          { spec: { replicas: 5 } },
          { fieldManager: 'somebody' },
        );
        await deliver('ignore', [
          web('scaled', { image: 'nginx:2', replicas: 4 }, ignoring),
          web('alone', { image: 'nginx:2', replicas: 4 }, ignoring),
        ]);
        expect((await withImage('scaled', 'nginx:2')).spec.replicas).toBe(5);
        expect((await withImage('alone', 'nginx:2')).spec.replicas).toBe(3); // and not a default
      });

      it('is handed over when the annotation comes later', async () => {
        await deliver('late', [web('late', { image: 'nginx:1' })]);
        await ready('late', 'True');
        await deliver('late', [web('late', { image: 'nginx:2', replicas: 1 }, ignoring)]);
        expect((await withImage('late', 'nginx:2')).spec.replicas).toBe(3);
      });

      it('is not brought back by Recovery, which brings back the rest', async () => {
        await deployments(child.plane.client).patch(
          named('alone'),
          'merge',
          { spec: { replicas: 2, minReadySeconds: 1 } },
          { fieldManager: 'somebody' },
        );
        await deployments(child.plane.client).patch(
          named('alone'),
          'json',
          [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'example.invalid/other' }],
          { fieldManager: 'somebody' },
        );
        expect((await withImage('alone', 'nginx:2')).spec.replicas).toBe(2);
      });
    });

    it('deletes and makes anew what cannot be changed, where it is asked to', async () => {
      await deliver('replace', [web('fixed', { image: 'nginx:1' })]);
      await ready('replace', 'True');
      const { metadata } = await liveWeb('fixed');
      await deliver('replace', [web('fixed', { image: 'nginx:1', app: 'other' })]);
      await ready('replace', 'False', 'apps.clusternet.io/replace-policy: Recreate');
      expect((await liveWeb('fixed')).metadata.uid).toBe(metadata.uid);
      await deliver('replace', [
        web('fixed', { image: 'nginx:1', app: 'other' }, { 'replace-policy': 'Recreate' }),
      ]);
      const made = await eventually('another one', async () => {
        const live = await liveWeb('fixed');
        return live.metadata.uid === metadata.uid ? undefined : live;
      });
      expect(made.spec['selector']).toEqual({ matchLabels: { app: 'other' } });
      await ready('replace', 'True');
    });

    it('says how delivered objects do, and is ready without them', async () => {
      const rule = { 'health-rule': 'jsonpath={.metadata.labels.fit}=yes' };
      await deliver('health', [configMap('judged', {}, rule), web('running', { image: 'nginx:1' })]);
      await ready('health', 'True');
      const healthy = (status: string, text: string) =>
        eventually(`Healthy ${status}`, async () => {
          const found = await subscriptions(fleet).get({ namespace: 'default', name: 'health' });
          const condition = findCondition(found.status?.conditions, 'Healthy');
          if (condition?.status !== status || condition.message !== text)
            throw new Error(JSON.stringify(condition));
          return found;
        });
      const before = await healthy(
        'Unknown',
        'child: ConfigMap noted/judged: {.metadata.labels.fit} is not there yet',
      );
      expect(findCondition(before.status?.conditions, 'Ready')?.status).toBe('True');
      await configMaps().patch(named('judged'), 'merge', { metadata: { labels: { fit: 'yes' } } });
      const { status } = await healthy('True', '');
      expect(
        status?.aggregatedStatuses?.map(({ feedStatusSummary }) => feedStatusSummary?.health?.state),
      ).toEqual(['Healthy', 'Healthy']);
    });

    it('says what an annotation may be, and goes on with the others', async () => {
      await deliver('typo', [configMap('typo', {}, { adoption: 'never' }), configMap('fine', {})]);
      await ready('typo', 'False', 'adoption of ConfigMap noted/typo is Allow or Refuse, not "never"');
      await configMaps().get(named('fine'));
    });

    it('delivers what fits, and says how large the rest is', async () => {
      const large = 'x'.repeat(900_000);
      await deliver('large', [
        configMap('small', { k: '1' }),
        configMap('one', { large }),
        configMap('two', { large: `${large}x` }),
      ]);
      await ready('large', 'False', 'ConfigMap noted/two in');
      const { reason, message } = await ready('large', 'False', 'has 879 KiB');
      expect(reason).toBe('TooLarge');
      expect(message).toContain('a cluster gets at most 1056 KiB of one Subscription');
      await eventually('the others', async () => [
        await configMaps().get(named('small')),
        await configMaps().get(named('one')),
      ]);
      const manifests = fleet.parent.client.resource(clusternetRef('Manifest'));
      expect((await manifests.list({ labelSelector: `${PREFIX}config.name=two` })).items).toHaveLength(1);
    });
  },
);
