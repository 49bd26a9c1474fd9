import type { BoxStore } from '../boxes/box-store.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import { configuredRule } from '../prebookings/resolve-opening.ts';

export type OpeningRules = ReturnType<typeof openingRules>;

/** The boxes' opening rules as they are configured or were learned, each read once. */
export function openingRules(deps: { readonly boxes: Pick<BoxStore, 'know'>; readonly boxSettings: BoxSettings }) {
  const read = new Map<string, Promise<OpeningRule | null>>();
  return {
    of(box: string): Promise<OpeningRule | null> {
      const known =
        read.get(box) ??
        Promise.resolve(configuredRule(deps, { box }) ?? deps.boxes.know(box).then(({ openingRule }) => openingRule));
      read.set(box, known);
      return known;
    },
    /** AimHarder has told something new of the box. */
    forget(box: string): void {
      read.delete(box);
    },
  };
}
