export { controllerCompliance } from './controller-compliance.ts';
