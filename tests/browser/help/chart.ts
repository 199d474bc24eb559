// A visit as it is typed, and files as they are given and taken: the steps that several specs share.

import { strFromU8, unzipSync } from 'fflate';
import { expect, type FileChooser, type Locator, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { atChart, button, field, go } from './app.ts';
import { like, w } from './words.ts';

export type Resource = { resourceType: string; id: string; [element: string]: unknown };
export type Bundle = { resourceType: 'Bundle'; entry: { resource: Resource }[] };

/** Paths, or files made up in memory. */
export type Files = Parameters<FileChooser['setFiles']>[0];

export const banner = (page: Page): Locator => page.getByLabel(w('chart-banner'), { exact: true });
export const visit = (page: Page): Locator => page.getByRole('complementary', { name: w('visit-title'), exact: true });
export const section = (page: Page, name: string): Locator =>
  page.getByRole('navigation', { name: w('chart-sections') }).getByRole('button', { name: new RegExp(`^${w(`chart-${name}`)}`) });

/** Opens a new visit, or the draft that waits, from the chart. */
export async function openVisit(page: Page): Promise<void> {
  await page.locator('#chart-new-visit').click();
  await expect(field(visit(page), w('visit-subjective'))).toBeVisible();
}

/** Waits until the bar says that everything typed is on this device. */
export async function savedHere(page: Page): Promise<void> {
  await expect(visit(page).getByText(like('visit-saved'))).toBeVisible();
}

export async function toCode(page: Page, typed: string, code: string): Promise<void> {
  const box = visit(page).getByRole('combobox', { name: w('visit-diagnosis-find') });
  await box.fill(typed);
  await expect(visit(page).getByRole('option').first()).toContainText(code);
  await box.press('Enter');
  await expect(visit(page).getByRole('list', { name: w('visit-diagnoses') })).toContainText(code);
}

export async function sign(page: Page): Promise<void> {
  await button(visit(page), w('visit-review')).click();
  await button(visit(page), w('visit-sign')).click();
  await expect(visit(page)).toHaveCount(0);
}

/** Hands files to the import page, whatever it shows of an earlier import. */
export async function startImport(page: Page, files: Files): Promise<void> {
  await go(page, 'exchange');
  const again = page.locator('#exchange-result').getByRole('button', { name: new RegExp(`^(${w('import-other-files')}|${w('import-more-files')})$`) });
  if (await again.isVisible()) await again.click();
  const choosing = page.waitForEvent('filechooser');
  await button(page, w('import-pick')).click();
  await (await choosing).setFiles(files);
}

/** Hands over files and waits for the preview, or for the word that there is none. */
export async function preview(page: Page, files: Files): Promise<void> {
  await startImport(page, files);
  await expect(page.locator('#exchange-result')).toBeVisible({ timeout: 90_000 });
}

export async function commit(page: Page): Promise<void> {
  await page.locator('#import-commit').click();
  await expect(button(page, w('import-more-files'))).toBeVisible({ timeout: 180_000 });
}

async function saved(page: Page, ask: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const coming = page.waitForEvent('download', { timeout: 180_000 });
  await ask();
  const file = await coming;
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

/** The open chart's patient as the Bundle that a person would get. */
export async function exportPatient(page: Page): Promise<{ name: string; text: string; bundle: Bundle }> {
  await atChart(page);
  const { name, bytes } = await saved(page, async () => {
    await button(page, w('chart-export')).click();
    await button(page.getByRole('dialog'), w('export-go')).click();
  });
  const text = bytes.toString('utf8');
  return { name, text, bundle: JSON.parse(text) as Bundle };
}

/** The clinic as NDJSON by file name. */
export async function exportClinic(page: Page): Promise<{ name: string; files: Record<string, string> }> {
  await go(page, 'exchange');
  const { name, bytes } = await saved(page, async () => {
    await page.locator('#export-clinic').click();
    await button(page.getByRole('dialog'), w('export-go')).click();
  });
  const files = Object.entries(unzipSync(bytes)).map(([path, content]) => [path, strFromU8(content)]);
  return { name, files: Object.fromEntries(files) };
}

export function lines(files: Record<string, string>): Resource[] {
  const ndjson = Object.entries(files).filter(([path]) => path.endsWith('.ndjson'));
  return ndjson.flatMap(([, text]) => text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Resource));
}
