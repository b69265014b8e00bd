import type { Offer } from './plan-completion.ts';

/** As cobra, kubectl's library for this, says: offer nothing else; offer file names. */
const NO_FILES = 4;
const FILES = 0;

/** Offers that fit what is typed, and last how to go on; `undefined` offers are file names. */
export function formatOffers(offers: readonly Offer[] | undefined, typed: string): string {
  if (offers === undefined) return `:${FILES}\n`;
  const fitting = offers.filter(({ word }) => word.startsWith(typed));
  const lines = fitting.map(({ word, about = '' }) => (about === '' ? word : `${word}\t${about}`));
  return [...new Set(lines), `:${NO_FILES}`].map((line) => `${line}\n`).join('');
}
