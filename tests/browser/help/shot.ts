// Pictures of a screen in the four sizes we promise, light and dark, for a person to look at.

import type { Page } from '@playwright/test';
import { join } from 'node:path';
import { TABLET } from './device.ts';
import { root } from './paths.ts';

export const SIZES = {
  landscape: { width: 1280, height: 800 },
  portrait: { width: 800, height: 1280 },
  phone: { width: 390, height: 844 },
  desktop: { width: 1440, height: 900 },
} as const;

/** Writes `target/screens/<name>-<size>-<scheme>.png`, eight files, and puts the page back as it was. */
export async function shot(page: Page, name: string, sizes = Object.keys(SIZES) as (keyof typeof SIZES)[]): Promise<string[]> {
  const made: string[] = [];
  for (const size of sizes) {
    await page.setViewportSize(SIZES[size]);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const path = join(root, 'target/screens', `${name}-${size}-${colorScheme}.png`);
      await page.screenshot({ path });
      made.push(path);
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(TABLET);
  return made;
}
