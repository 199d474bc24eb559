// Registering, finding and editing people, as at a front desk: single names, ages instead of dates, numbers of all kinds.

import { atChart, button, createClinic, field, fillPerson, go, register, unlock } from '../help/app.ts';
import { Device, expect, test } from '../help/clinic.ts';
import { w } from '../help/words.ts';

test.describe.configure({ mode: 'serial' });

let front: Device;
test.beforeAll(async ({ server }) => {
  front = await Device.open('front desk', server.url);
  await createClinic(front);
});
test.afterAll(() => front.close());

const NIK = '3171025407610003';
const banner = () => front.page.getByLabel(w('chart-banner'), { exact: true });
const found = () => front.page.getByRole('listbox', { name: w('find-results') }).getByRole('option');

async function openForm(): Promise<void> {
  await go(front.page, 'find');
  await button(front.page, w('register-patient')).click();
}

test('a single name is a whole name, and an age does where nobody knows the date', async () => {
  await register(front.page, { given: 'Sukarni', age: '70', sex: 'female' });
  await expect(banner()).toContainText('SUKARNI');
  await expect(banner()).toContainText(/about 70 years|70 years/);
  await expect(banner()).toContainText(w('sex-female'));
  await expect(banner()).toContainText('MRN');
});

test('only a name and a date of birth or an age are asked for, and what is missing is said at its field', async () => {
  const { page } = front;
  await openForm();
  await button(page, w('register-save')).click();
  await expect(page.getByText(w('name-required')).first()).toBeVisible();
  await expect(page.getByText(w('birth-date-or-age-required')).first()).toBeVisible();
  await expect(field(page, w('form-given'))).toHaveAttribute('aria-invalid', 'true');
});

test('a NIK is checked while it is typed', async () => {
  const { page } = front;
  await openForm();
  const nik = field(page, w('form-nik'));
  await nik.fill('317102');
  await expect(page.getByText(w('nik-wrong-length'))).toBeVisible();
  await nik.fill('9971025407610003');
  await expect(page.getByText(w('nik-no-such-province'))).toBeVisible();
  await nik.fill('3171025407610000');
  await expect(page.getByText(w('nik-no-serial'))).toBeVisible();
  await nik.fill(NIK);
  await expect(nik).not.toHaveAttribute('aria-invalid', 'true');
  await button(page, w('cancel')).click();
  await button(page, w('leave-go')).click();
});

test('a whole registration is one screen and stands in the chart', async () => {
  await register(front.page, {
    given: 'Melati Ayu', family: 'Pramudya', birth: '14/7/1961', sex: 'female', nik: NIK, phone: '0812-3456-7890', city: 'Bandung',
  });
  await expect(banner()).toContainText('PRAMUDYA, Melati Ayu');
  await expect(banner()).toContainText('14-Jul-1961');
  await expect(banner()).toContainText('••••0003');
  await expect(banner()).toContainText(w('allergies-not-recorded'));
});

test('a child is asked for a guardian', async () => {
  const { page } = front;
  await openForm();
  await fillPerson(page, { given: 'Bintang', age: '7', sex: 'male' });
  await field(page, w('form-guardian-name')).fill('Melati Pramudya');
  await field(page, w('form-guardian-phone')).fill('0812-3456-7890');
  await button(page, w('register-save')).click();
  await atChart(page);
  await expect(banner()).toContainText('BINTANG');
});

test('somebody who is here already shows beside the form as it is typed', async () => {
  const { page } = front;
  await openForm();
  const beside = page.getByRole('complementary', { name: w('duplicates-title') });
  await expect(beside).toContainText(w('duplicates-none'));
  await fillPerson(page, { given: 'Melati', family: 'Pramudia', birth: '14 Jul 1961' });
  const likely = beside.getByRole('button', { name: /PRAMUDYA, Melati Ayu/ });
  await expect(likely).toBeVisible();
  await expect(likely).toContainText(w('same-birth-date'));
  await field(page, w('form-birth')).fill('');
  await field(page, w('form-given')).fill('Zainuddin');
  await field(page, w('form-family')).fill('');
  await expect(likely).toHaveCount(0);
  await field(page, w('form-nik')).fill(NIK);
  await expect(beside).toContainText(w('same-nik'));
  await beside.getByRole('button', { name: /PRAMUDYA/ }).click();
  await button(page, w('leave-go')).click();
  await expect(banner()).toContainText('PRAMUDYA, Melati Ayu');
});

test('people are found by parts of a name in any order, slips included, and by every number they have', async () => {
  const { page } = front;
  const mrn = (await banner().getByText(/^MRN/).locator('..').innerText()).match(/MRN\s*(\S+)/)?.[1] ?? '';
  expect(mrn).not.toBe('');
  await go(page, 'find');
  const box = page.getByRole('combobox');
  for (const typed of ['pram mel', 'ayu pramudya', 'MELATIAYU', 'pramudia melati', '14/7/1961', '14-07-1961', '1961-07-14', '081234567890', '+62 812 3456 7890', mrn, NIK]) {
    await box.fill(typed);
    await expect(found().first(), `“${typed}”`).toContainText('PRAMUDYA, Melati Ayu');
  }
  await box.fill('suk');
  await expect(found().first()).toContainText('SUKARNI');
  await box.fill('nobody of this name');
  await expect(page.getByText('Nobody fits that.', { exact: false })).toBeVisible();
  await expect(found()).toHaveCount(0);
});

test('slash finds from anywhere, arrows choose, Enter opens', async () => {
  const { page } = front;
  await go(page, 'today');
  await page.keyboard.press('/');
  await page.keyboard.type('sukarni');
  await expect(found().first()).toContainText('SUKARNI');
  // Enter opens only what answers the whole of what was typed; the count is shown from then on.
  await expect(page.getByRole('main').getByRole('status')).toHaveText('Showing 1 of 1');
  await page.keyboard.press('Enter');
  await atChart(page);
  await expect(banner()).toContainText('SUKARNI');
});

test('an edit shows in the banner, in the search and after a reload', async () => {
  const { page } = front;
  await button(page, w('chart-edit')).click();
  await field(page, w('form-family')).fill('Halimah');
  await field(page, w('form-phone')).fill('0813 1111 2222');
  await button(page, w('save')).click();
  await atChart(page);
  await expect(banner()).toContainText('HALIMAH, Sukarni');
  await go(page, 'find');
  await page.getByRole('combobox').fill('081311112222');
  await expect(found().first()).toContainText('HALIMAH, Sukarni');
  await button(page, w('shell-lock')).click();
  await page.reload();
  await unlock(page);
  await go(page, 'find');
  await page.getByRole('combobox').fill('halimah');
  await expect(found().first()).toContainText('HALIMAH, Sukarni');
  expect(front.errors()).toEqual([]);
});
