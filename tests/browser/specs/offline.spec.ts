// The plug is pulled: no network, and the server's machine is off. The day goes on, and nothing is lost when they return.

import { button, createClinic, field, find, go, register, unlock } from '../help/app.ts';
import { banner, exportClinic, exportPatient, lines, openVisit, sign, visit } from '../help/chart.ts';
import { expect, test } from '../help/clinic.ts';
import { w } from '../help/words.ts';

test('with network and server gone, the app opens, unlocks, finds, registers, records and exports', async ({ tablet, server }) => {
  const front = await tablet('front desk');
  await createClinic(front);
  await register(front.page, { given: 'Melati', family: 'Pagi', birth: '14/7/1961', sex: 'female', phone: '0812-3456-7890' });
  await front.installed();
  await server.stop();
  try {
    await front.off();
    const page = await front.open(null);
    await front.offline();
    await page.goto(front.home);
    await unlock(page);
    await find(page, '081234567890');
    await expect(banner(page)).toContainText('PAGI, Melati');

    await openVisit(page);
    await field(visit(page), w('visit-subjective')).fill('Came through the flood on foot');
    await field(visit(page), w('vital-heart-rate')).fill('96');
    await sign(page);
    const { bundle } = await exportPatient(page);
    expect(bundle.entry.map((entry) => entry.resource.resourceType)).toEqual(expect.arrayContaining(['Patient', 'Encounter', 'Composition', 'Observation']));

    await register(page, { given: 'Sukarni', age: '40', sex: 'male' });
    await page.reload();
    await unlock(page);
    const { files } = await exportClinic(page);
    expect(lines(files).filter((resource) => resource.resourceType === 'Patient')).toHaveLength(2);
    await expect(page.getByRole('contentinfo')).toContainText(w('sync-alone'));
  } finally {
    await server.start();
  }
  await front.offline(false);
  await front.page.reload();
  await unlock(front.page);
  await go(front.page, 'find');
  await front.page.getByRole('combobox').fill('suk');
  await expect(front.page.getByRole('option').first()).toContainText('SUKARNI');
  await expect(button(front.page, w('shell-lock')).first()).toBeVisible();
  expect(front.errors()).toEqual([]);
});
