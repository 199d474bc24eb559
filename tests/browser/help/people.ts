// Invented people by the thousand, the same ones each time, as FHIR R4 Patients; for measurements, never for a clinic.

const GIVEN = 'Agus Ayu Bambang Budi Citra Dewi Dian Eko Endang Fajar Gita Hadi Indah Joko Kartika Lestari Made Ningsih Putri Rahayu Sari Slamet Sri Wahyu Yanti'.split(' ');
const FAMILY = 'Anggraini Firmansyah Gunawan Hidayat Kusuma Lubis Maharani Nasution Pratama Rahmawati Santoso Setiawan Siregar Susanto Wibowo Wijaya'.split(' ');
const MORE = 'Bulan Cahaya Embun Fitri Guntur Intan Kencana Melati Purnama Samudra Teratai Utami'.split(' ');

export type Patient = { resourceType: 'Patient'; id: string; name: { family?: string; given: string[] }[]; birthDate: string; gender: string; telecom: { system: string; value: string }[] };

export function people(count: number): Patient[] {
  const pick = (words: string[], n: number) => words[n % words.length]!;
  return Array.from({ length: count }, (_, n) => {
    const born = new Date(Date.UTC(1930, 0, 1 + ((n * 7919) % 34_000)));
    return {
      resourceType: 'Patient',
      id: `bench-${n}`,
      name: [{ family: pick(FAMILY, n * 31 + Math.floor(n / 97)), given: [pick(GIVEN, n), pick(MORE, Math.floor(n / 25))] }],
      birthDate: born.toISOString().slice(0, 10),
      gender: n % 2 ? 'female' : 'male',
      telecom: [{ system: 'phone', value: `08${String(1_000_000_000 + n * 7907).slice(0, 10)}` }],
    };
  });
}

export function ndjson(resources: object[]): Buffer {
  return Buffer.from(resources.map((resource) => JSON.stringify(resource)).join('\n') + '\n');
}
