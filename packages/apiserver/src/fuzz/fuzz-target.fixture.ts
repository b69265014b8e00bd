import type { IRawProperty } from 'fast-check';

/** Something that has to hold for whatever comes: looked at shortly with every test, at length by `npm run fuzz`. */
export interface FuzzTarget {
  /** What holds. */
  readonly name: string;
  readonly property: IRawProperty<unknown>;
}
