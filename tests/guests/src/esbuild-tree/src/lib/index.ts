export { h } from './element';
export * from './never';
