import type { Metrics } from '@clusternet/runtime';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface PrometheusMetrics extends Metrics {
  /** The text of `/metrics`. */
  format(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Metrics in Prometheus' text format, process metrics included. */
export function createPrometheusMetrics(): PrometheusMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const known = new Map<string, unknown>();
  const once = <T>(name: string, create: () => T): T => {
    const found = known.get(name) as T | undefined;
    if (found !== undefined) return found;
    const made = create();
    known.set(name, made);
    return made;
  };
  const registers = [registry];
  return {
    counter: ({ name, help, labelNames = [] }) => {
      const metric = once(name, () => new Counter({ name, help, labelNames: [...labelNames], registers }));
      return {
        add: (by = 1, labels = {}) => {
          metric.inc(labels, by);
        },
      };
    },
    gauge: ({ name, help, labelNames = [] }) => {
      const metric = once(name, () => new Gauge({ name, help, labelNames: [...labelNames], registers }));
      return {
        set: (value, labels = {}) => {
          metric.set(labels, value);
        },
        add: (by, labels = {}) => {
          metric.inc(labels, by);
        },
      };
    },
    histogram: ({ name, help, labelNames = [], buckets }) => {
      const options = { name, help, labelNames: [...labelNames], registers };
      const metric = once(
        name,
        () => new Histogram(buckets === undefined ? options : { ...options, buckets: [...buckets] }),
      );
      return {
        observe: (value, labels = {}) => {
          metric.observe(labels, value);
        },
      };
    },
    format: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}
