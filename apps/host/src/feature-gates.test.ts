import { FEATURE_GATES } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { parseFeatureGates } from './feature-gates.ts';

describe('parseFeatureGates', () => {
  it('has on by default what needs no consent', () => {
    const { gates } = parseFeatureGates({});
    expect(FEATURE_GATES.filter((gate) => gates.isEnabled(gate)).sort()).toEqual([
      'Deployer',
      'FailOver',
      'FeasibleClustersToleration',
      'FeedInUseProtection',
      'FeedInventory',
      'Recovery',
      'ShadowAPI',
      'SocketConnection',
    ]);
  });

  it('switches gates on and off', () => {
    const { gates, errors } = parseFeatureGates({ AppPusher: 'true', Deployer: 'False', Recovery: '0' });
    expect(errors).toEqual([]);
    expect(['AppPusher', 'Deployer', 'Recovery'].map((gate) => gates.isEnabled(gate as 'Deployer'))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('passes over gates of the Kubernetes libraries', () => {
    expect(parseFeatureGates({ ContextualLogging: 'true' }).errors).toEqual([]);
  });

  it('says all mistakes, with the nearest gate', () => {
    expect(parseFeatureGates({ AppPushr: 'true', Deployer: 'yes', constructor: 'true' }).errors).toEqual([
      '--feature-gates has no gate "AppPushr"; did you mean AppPusher?',
      '--feature-gates Deployer takes true or false, not "yes"',
      '--feature-gates has no gate "constructor"',
    ]);
  });
});
