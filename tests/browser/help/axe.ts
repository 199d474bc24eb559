// axe-core over the open screen, at the level we promise; each violation is told with the element that has it.

import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const PROMISED = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export async function axe(page: Page, screen: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(PROMISED).analyze();
  const told = violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => `    ${n.target.join(' ')}`).join('\n')}`);
  expect(told, `axe on ${screen}`).toEqual([]);
}

/** The same screen in both colour schemes. */
export async function axeBoth(page: Page, screen: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    // A colour half-way between two is nobody's choice: what moves is looked at when it has arrived.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await axe(page, `${screen}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}
