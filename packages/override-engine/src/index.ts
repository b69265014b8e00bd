export { isOverrideError, OverrideError } from './errors.ts';
export type { OverrideErrorCode } from './errors.ts';
export type {
  FieldProvenance,
  OverrideEntry,
  OverrideNotice,
  OverrideSource,
  Provenance,
} from './override-entry.ts';
export { orderOverridePolicies } from './order-override-policies.ts';
export type { OverridePolicy } from './order-override-policies.ts';
export { planOverrides } from './plan-overrides.ts';
export { renderDocument } from './render-document.ts';
export type { RenderInput, RenderResult } from './render-document.ts';
export { renderHelmChart } from './render-helm-chart.ts';
export type { RenderChartInput, RenderChartResult } from './render-helm-chart.ts';
