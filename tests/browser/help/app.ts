// What a clinician does, in the clinic's words, through the screen alone: by role and label, as a screen reader would find things.
// It asserts nothing but that each step arrives; what must be true is for the specs to say.

import { expect, type Locator, type Page } from '@playwright/test';
import type { Device } from './device.ts';
import { w } from './words.ts';

export const PASSPHRASE = 'four quiet lanterns glowing';
export const DEMO_PASSPHRASE = 'lucerna-demo';
/** Argon2id is slow by design, and slower on a busy machine. */
const KEY_MS = 60_000;

/** A text field by its whole label; the star of a required one is no part of it. */
export function field(page: Page | Locator, label: string): Locator {
  return page.getByRole('textbox', { name: label, exact: true });
}

export function button(page: Page | Locator, name: string | RegExp): Locator {
  return page.getByRole('button', { name, exact: typeof name === 'string' });
}

function places(page: Page): Locator {
  return page.getByRole('navigation', { name: w('rail-label') }).first();
}

export async function createClinic(device: Device, clinic = 'Klinik Melati', name = 'Bidan Contoh'): Promise<Page> {
  const { page } = device;
  await button(page, new RegExp(`^${w('welcome-create')}`)).click();
  await field(page, w('clinic-name')).fill(clinic);
  await field(page, w('your-name')).fill(name);
  await field(page, w('device-name')).fill(device.name);
  await field(page, w('passphrase')).fill(PASSPHRASE);
  await field(page, w('passphrase-again')).fill(PASSPHRASE);
  await button(page, w('welcome-create')).click();
  await expect(places(page)).toBeVisible({ timeout: KEY_MS });
  return page;
}

export async function openDemo(device: Device): Promise<Page> {
  const { page } = device;
  await button(page, new RegExp(`^${w('welcome-demo')}`)).click();
  await expect(places(page)).toBeVisible({ timeout: 4 * KEY_MS });
  return page;
}

export async function lock(page: Page): Promise<void> {
  await button(page, w('shell-lock')).first().click();
  await expect(button(page, w('lock-open'))).toBeVisible();
}

export async function tryUnlock(page: Page, passphrase: string): Promise<void> {
  await field(page, w('passphrase')).fill(passphrase);
  await button(page, w('lock-open')).click();
}

export async function unlock(page: Page, passphrase = PASSPHRASE): Promise<void> {
  await tryUnlock(page, passphrase);
  await expect(places(page)).toBeVisible({ timeout: KEY_MS });
}

export type Place = 'today' | 'find' | 'conflicts' | 'exchange' | 'devices' | 'settings';

export async function go(page: Page, place: Place): Promise<void> {
  await places(page).getByRole('button', { name: new RegExp(`^${w(`rail-${place}`)}`) }).click();
  await expect(page.getByRole('main').getByRole('heading', { level: 1 })).toBeVisible();
}

export type Person = { given: string; family?: string; birth?: string; age?: string; sex?: 'female' | 'male'; nik?: string; phone?: string; city?: string };

/** Fills the registration form as far as the person is known, and leaves it open. */
export async function fillPerson(page: Page, person: Person): Promise<void> {
  await field(page, w('form-given')).fill(person.given);
  if (person.family) await field(page, w('form-family')).fill(person.family);
  if (person.birth) await field(page, w('form-birth')).fill(person.birth);
  if (person.age) await field(page, w('form-age')).fill(person.age);
  if (person.sex) await page.getByRole('radio', { name: w(`sex-${person.sex}`), exact: true }).check();
  if (person.nik) await field(page, w('form-nik')).fill(person.nik);
  if (person.phone) await field(page, w('form-phone')).fill(person.phone);
  if (person.city) await field(page, w('form-city')).fill(person.city);
}

/** Registers a person and waits for the chart. */
export async function register(page: Page, person: Person): Promise<void> {
  await go(page, 'find');
  await button(page, w('register-patient')).click();
  await fillPerson(page, person);
  await button(page, w('register-save')).click();
  await atChart(page);
}

export async function atChart(page: Page): Promise<void> {
  await expect(page.getByRole('navigation', { name: w('chart-sections') })).toBeVisible();
}

/** Finds by whatever was typed and opens the one patient that it names. */
export async function find(page: Page, typed: string): Promise<void> {
  await go(page, 'find');
  await page.getByRole('combobox').fill(typed);
  await expect(page.getByRole('option').first()).toBeVisible();
  await page.getByRole('option').first().click();
  await atChart(page);
}
