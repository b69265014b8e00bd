export { isOverrideError, OverrideError } from './errors.ts';
export type { OverrideErrorCode, OverrideErrorDetails } from './errors.ts';
export type { TemplateCluster } from './expand-templates.ts';
export { findWriters } from './find-writers.ts';
export { OVERRIDE_OPT_INS } from './opt-ins.ts';
export type {
  FieldProvenance,
  OverrideEntry,
  OverrideNotice,
  OverrideSource,
  Provenance,
} from './override-entry.ts';
export { orderOverridePolicies } from './order-override-policies.ts';
export type { OverridePolicy } from './order-override-policies.ts';
export type { RenderOptions } from './override-state.ts';
export { planOverrides } from './plan-overrides.ts';
export { renderDocument } from './render-document.ts';
export type { RenderInput, RenderResult } from './render-document.ts';
export { renderHelmChart } from './render-helm-chart.ts';
export type { RenderChartInput, RenderChartResult } from './render-helm-chart.ts';
