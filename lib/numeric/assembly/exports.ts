export { scoreRows } from './score';
export { mark } from './threads';
