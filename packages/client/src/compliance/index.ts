export { resourceCompliance } from './resource-compliance.ts';
export { reflectorCompliance } from './reflector-compliance.ts';
export type { ComplianceCase, CompliancePlane } from './compliance-case.ts';
