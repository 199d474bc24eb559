// Who the patients of the benchmark are: names of some variety, a birth date and a telephone each, from their number alone.

import { pick } from './random.ts';

export type Person = { given: string[]; family: string; birth: string; phone: string };

const GIVEN = 'Agus Ayu Bambang Budi Citra Dewi Dian Eko Endang Fajar Gita Hadi Indah Joko Kartika Lestari Made Ningsih Putri Rahayu Sari Slamet Sri Wahyu Yanti José María Zoë Anne-Marie Siti Nur Muhammad'.split(' ');
const FAMILY = 'Anggraini Firmansyah Gunawan Hidayat Kusuma Lubis Maharani Nasution Pratama Rahmawati Santoso Setiawan Siregar Susanto Wibowo Wijaya García Müller Schaefer Echevarría Casares Simanjuntak Sitorus Hutapea'.split(' ');
const HEADS = 'A Ba Be Bi Bu Ca Ce Da De Di Do E Fa Fi Ga Gu Ha He Hi I Ja Je Jo Ka Ke Ki Ku La Le Li Lu Ma Me Mi Mu Na Ne Ni Nu Pa Pe Pi Ra Re Ri Ro Ru Sa Se Si So Su Ta Te Ti Tu U Wa We Wi Ya Yo Yu Za'.split(' ');
const HEARTS = 'ba da dri fi ga har hi ja ka la li lo man mi na ni nga no pa ra ri ro sa si sta su ta ti to wa wi ya'.split(' ');
const TAILS = 'di dya h ja la li lina man mi n na ni ningrum no ono r ra rti s sari ta ti to tri wan wati wi yah yanto yo'.split(' ');
const DAY_MS = 86_400_000;

/** Some words are common, most are not; a hundred thousand people have tens of thousands of different ones. */
function word(list: string[], n: number, question: number): string {
  const common = pick(n, question, 100) < 40;
  if (common) return list[pick(n, question + 1, list.length)]!;
  return HEADS[pick(n, question + 2, HEADS.length)]! + HEARTS[pick(n, question + 3, HEARTS.length)]! + TAILS[pick(n, question + 4, TAILS.length)]!;
}

export function person(n: number): Person {
  const given = [word(GIVEN, n, 10)];
  if (pick(n, 1, 3) > 0) given.push(word(GIVEN, n, 20));
  const birth = new Date(Date.UTC(1932, 0, 1) + pick(n, 2, 33_900) * DAY_MS).toISOString().slice(0, 10);
  // Every patient has a number of their own, and it is not the next one's neighbour.
  const phone = `08${String(1_000_000_000 + ((n * 7_919_993) % 8_999_999_957))}`;
  return { given, family: word(FAMILY, n, 30), birth, phone };
}

/** What a clinician types to find them, letter by letter: names in both orders, with a slip, a birth date, a telephone. */
export function typed(n: number): string {
  const { given, family, birth, phone } = person(n);
  const [year, month, day] = birth.split('-').map(Number);
  const slip = family.length > 4 ? family.slice(0, 2) + family[3] + family[2] + family.slice(4) : `${family}e`;
  const ways = [
    `${given[0]} ${family}`,
    `${family} ${given[0]}`,
    `${family.slice(0, 3)} ${given.at(-1)}`,
    `${given[0]} ${slip}`,
    `${day}/${month}/${year}`,
    phone.slice(0, 9),
  ];
  return ways[n % ways.length]!.toLowerCase();
}
