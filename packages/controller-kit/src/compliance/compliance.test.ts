import { createKubeClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import { describe, expect, it } from 'vitest';
import { controllerCompliance } from './controller-compliance.ts';

describe('on the fake API', () => {
  it.each(controllerCompliance)('$name', async ({ run }) => {
    const client = createKubeClient(createFakeApi().transport);
    await expect(run({ client, namespace: 'here' }, AbortSignal.timeout(5000))).resolves.toBeUndefined();
  });
});
