import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { JsonObject } from '@clusternet/kube-data';
import { createCa, issueCertificate } from '@clusternet/pki';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startShadowParent } from './shadow-parent.ts';
import type { ShadowParent } from './shadow-parent.ts';

interface Review {
  readonly request: {
    readonly uid: string;
    readonly dryRun?: boolean;
    readonly namespace?: string;
    readonly object: { readonly metadata: { readonly name: string } };
  };
}

/** Webhooks of the parent: they support dry runs, as the documentation of the seed asks. */
describe('webhooks of the parent', () => {
  const stack = new AsyncDisposableStack();
  const asked: Review['request'][] = [];
  let parent: ShadowParent;

  beforeAll(async () => {
    parent = stack.use(await startShadowParent());
    const ca = await createCa({ commonName: 'webhooks' });
    const { certPem, keyPem } = await issueCertificate(ca, {
      commonName: 'hook',
      usage: 'server',
      ipAddresses: ['127.0.0.1'],
    });
    const server = createServer({ cert: certPem, key: keyPem }, (incoming, outgoing) => {
      const answer = async (): Promise<void> => {
        const { request } = (await json(incoming)) as Review;
        asked.push(request);
        const patch = [{ op: 'add', path: '/data', value: { added: 'by the webhook' } }];
        const verdict =
          request.object.metadata.name === 'bad'
            ? { allowed: false, status: { message: 'no bad ones' } }
            : {
                allowed: true,
                patchType: 'JSONPatch',
                patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
              };
        const response = { uid: request.uid, ...verdict };
        outgoing.setHeader('content-type', 'application/json');
        outgoing.end(
          JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }),
        );
      };
      answer().catch(() => outgoing.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stack.defer(() => {
      server.closeAllConnections();
      server.close();
    });
    const hook: JsonObject = {
      name: 'hook.example.com',
      clientConfig: {
        url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
        caBundle: Buffer.from(ca.certPem).toString('base64'),
      },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    };
    const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
    const body = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'hook' },
      webhooks: [hook],
    };
    expect((await parent.call(path, { method: 'POST', body })).code).toBe(201);
  });
  afterAll(() => stack.disposeAsync());

  const post = (name: string) =>
    parent.shadow('/namespaces/foo/configmaps', {
      method: 'POST',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } },
    });

  it('change and refuse templates, as dry runs in the reserved namespace', async () => {
    expect((await post('good')).body['data']).toEqual({ added: 'by the webhook' });
    expect(await post('bad')).toMatchObject({
      code: 400,
      body: { message: expect.stringContaining('no bad ones') as string },
    });
    expect(asked.map(({ dryRun, namespace }) => [dryRun, namespace])).toEqual([
      [true, 'clusternet-reserved'],
      [true, 'clusternet-reserved'],
    ]);
  });

  it('have their say about updates, too', async () => {
    const patch = {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { data: { k: 'v' } },
    } as const;
    const { body } = await parent.shadow('/namespaces/foo/configmaps/good', patch);
    expect(body['data']).toEqual({ added: 'by the webhook' });
  });
});
