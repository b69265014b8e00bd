/** The taint of `cordon`: of our own, since the hub sets and removes `clusters.clusternet.io/unschedulable` as it sees fit. */
export const CORDON_TAINT = 'clusters.clusternet.io/cordoned';
