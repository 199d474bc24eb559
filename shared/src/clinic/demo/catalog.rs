//! What the demo clinic measures, prescribes and gives: tests with LOINC codes and reference ranges, medicines by generic
//! name, vaccines with CVX codes. Ranges are common adult laboratory ranges; this is no formulary and advises nobody.

use crate::clinic::patient::Sex;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    HbA1c,
    FastingGlucose,
    Haemoglobin,
    /// In pregnancy: WHO calls it anaemia below 11 g/dL.
    HaemoglobinPregnant,
    Creatinine,
    Cholesterol,
    Ldl,
    Hdl,
    Triglycerides,
    Urate,
    Alt,
    Platelets,
    Haematocrit,
    PeakFlow,
}

/// LOINC code and display, UCUM unit, decimals, and the range that counts as normal.
#[derive(Clone, Copy, Debug)]
pub struct TestFacts {
    pub code: &'static str,
    pub display: &'static str,
    pub unit: &'static str,
    pub decimals: usize,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

impl Test {
    pub fn facts(self, sex: Sex) -> TestFacts {
        let woman = sex == Sex::Female;
        let by_sex = |female: f64, male: f64| Some(if woman { female } else { male });
        let (code, display, unit, decimals, low, high) = match self {
            Test::HbA1c => ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 1, Some(4.0), Some(5.6)),
            Test::FastingGlucose => {
                ("1558-6", "Fasting glucose [Mass/volume] in Serum or Plasma", "mg/dL", 0, Some(70.0), Some(99.0))
            }
            Test::Haemoglobin => {
                let (low, high) = (by_sex(12.0, 13.0), by_sex(15.5, 17.0));
                ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 1, low, high)
            }
            Test::HaemoglobinPregnant => {
                ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 1, Some(11.0), Some(15.0))
            }
            Test::Creatinine => {
                let (low, high) = (by_sex(0.5, 0.7), by_sex(1.1, 1.3));
                ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 2, low, high)
            }
            Test::Cholesterol => {
                ("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", 0, None, Some(200.0))
            }
            Test::Ldl => (
                "13457-7",
                "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation",
                "mg/dL",
                0,
                None,
                Some(130.0),
            ),
            Test::Hdl => {
                ("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma", "mg/dL", 0, by_sex(50.0, 40.0), None)
            }
            Test::Triglycerides => {
                ("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", "mg/dL", 0, None, Some(150.0))
            }
            Test::Urate => {
                let (low, high) = (by_sex(2.4, 3.4), by_sex(6.0, 7.0));
                ("3084-1", "Urate [Mass/volume] in Serum or Plasma", "mg/dL", 1, low, high)
            }
            Test::Alt => (
                "1742-6",
                "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma",
                "U/L",
                0,
                None,
                by_sex(33.0, 41.0),
            ),
            Test::Platelets => {
                ("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 0, Some(150.0), Some(400.0))
            }
            Test::Haematocrit => {
                let (low, high) = (by_sex(36.0, 40.0), by_sex(46.0, 50.0));
                ("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count", "%", 0, low, high)
            }
            Test::PeakFlow => (
                "33452-4",
                "Maximum expiratory gas flow Respiratory system airway by Peak flow meter",
                "L/min",
                0,
                None,
                None,
            ),
        };
        TestFacts { code, display, unit, decimals, low, high }
    }
}

/// A medicine by its generic name, with how it is taken in English and Indonesian.
#[derive(Clone, Copy, Debug)]
pub struct Drug {
    pub name: &'static str,
    pub dose: f64,
    /// UCUM.
    pub unit: &'static str,
    pub times_a_day: u8,
    pub as_needed: bool,
    pub inhaled: bool,
    pub text: (&'static str, &'static str),
}

const fn daily(
    name: &'static str,
    dose: f64,
    times_a_day: u8,
    english: &'static str,
    indonesian: &'static str,
) -> Drug {
    Drug { name, dose, unit: "mg", times_a_day, as_needed: false, inhaled: false, text: (english, indonesian) }
}

const fn inhaled(name: &'static str, dose: f64, as_needed: bool, text: (&'static str, &'static str)) -> Drug {
    Drug { name, dose, unit: "ug", times_a_day: if as_needed { 4 } else { 2 }, as_needed, inhaled: true, text }
}

const MORNING: (&str, &str) = ("1 tablet once daily, in the morning", "1 tablet sekali sehari, pagi");
const NIGHT: (&str, &str) = ("1 tablet once daily, at night", "1 tablet sekali sehari, malam");

pub const AMLODIPINE_5: Drug = daily("amlodipine 5 mg tablet", 5.0, 1, MORNING.0, MORNING.1);
pub const AMLODIPINE_10: Drug = daily("amlodipine 10 mg tablet", 10.0, 1, MORNING.0, MORNING.1);
pub const CANDESARTAN: Drug = daily("candesartan 8 mg tablet", 8.0, 1, MORNING.0, MORNING.1);
pub const METFORMIN: Drug = daily(
    "metformin 500 mg tablet",
    500.0,
    2,
    "1 tablet twice daily, with food",
    "1 tablet dua kali sehari, bersama makan",
);
pub const METFORMIN_850: Drug = daily(
    "metformin 850 mg tablet",
    850.0,
    2,
    "1 tablet twice daily, with food",
    "1 tablet dua kali sehari, bersama makan",
);
pub const GLIMEPIRIDE: Drug = daily(
    "glimepiride 2 mg tablet",
    2.0,
    1,
    "1 tablet once daily, before breakfast",
    "1 tablet sekali sehari, sebelum sarapan",
);
pub const SIMVASTATIN: Drug = daily("simvastatin 20 mg tablet", 20.0, 1, NIGHT.0, NIGHT.1);
pub const ATORVASTATIN: Drug = daily("atorvastatin 20 mg tablet", 20.0, 1, NIGHT.0, NIGHT.1);
pub const ALLOPURINOL: Drug = daily(
    "allopurinol 100 mg tablet",
    100.0,
    1,
    "1 tablet once daily, after food",
    "1 tablet sekali sehari, sesudah makan",
);
pub const COLCHICINE: Drug = daily(
    "colchicine 0.5 mg tablet",
    0.5,
    2,
    "1 tablet twice daily during the attack",
    "1 tablet dua kali sehari selama serangan",
);
pub const IRON: Drug = daily(
    "ferrous sulfate 200 mg with folic acid 0.25 mg tablet",
    200.0,
    1,
    "1 tablet once daily, at night",
    "1 tablet sekali sehari, malam",
);
pub const CALCIUM: Drug = daily(
    "calcium lactate 500 mg tablet",
    500.0,
    1,
    "1 tablet once daily, after food",
    "1 tablet sekali sehari, sesudah makan",
);
pub const PARACETAMOL: Drug = daily(
    "paracetamol 500 mg tablet",
    500.0,
    3,
    "1 tablet three times daily when feverish or in pain",
    "1 tablet tiga kali sehari bila demam atau nyeri",
);
pub const PARACETAMOL_SYRUP: Drug = daily(
    "paracetamol 120 mg/5 mL syrup",
    120.0,
    3,
    "5 mL three times daily when feverish",
    "5 mL tiga kali sehari bila demam",
);
pub const OMEPRAZOLE: Drug = daily(
    "omeprazole 20 mg capsule",
    20.0,
    1,
    "1 capsule once daily, before breakfast",
    "1 kapsul sekali sehari, sebelum sarapan",
);
pub const CETIRIZINE: Drug = daily("cetirizine 10 mg tablet", 10.0, 1, NIGHT.0, NIGHT.1);
pub const CIPROFLOXACIN: Drug = daily(
    "ciprofloxacin 500 mg tablet",
    500.0,
    2,
    "1 tablet twice daily for 3 days",
    "1 tablet dua kali sehari selama 3 hari",
);
pub const RHZE: Drug = daily(
    "rifampicin 150 mg, isoniazid 75 mg, pyrazinamide 400 mg, ethambutol 275 mg tablet",
    450.0,
    1,
    "3 tablets once daily, before food (dose given as rifampicin)",
    "3 tablet sekali sehari, sebelum makan (dosis sebagai rifampisin)",
);
pub const RH: Drug = daily(
    "rifampicin 150 mg, isoniazid 75 mg tablet",
    450.0,
    1,
    "3 tablets once daily, before food (dose given as rifampicin)",
    "3 tablet sekali sehari, sebelum makan (dosis sebagai rifampisin)",
);
pub const BUDESONIDE: Drug = inhaled(
    "budesonide 200 micrograms/dose inhaler",
    200.0,
    false,
    ("1 puff twice daily, rinse the mouth afterwards", "1 hirup dua kali sehari, lalu berkumur"),
);
pub const SALBUTAMOL: Drug = inhaled(
    "salbutamol 100 micrograms/dose inhaler",
    200.0,
    true,
    ("2 puffs when short of breath, up to 4 times daily", "2 hirup bila sesak, paling banyak 4 kali sehari"),
);

/// CVX code, display, and doses by age in months: the Indonesian routine schedule of the first years.
pub const VACCINES: [(&str, &str, &[i64]); 8] = [
    ("08", "hepatitis B vaccine, pediatric or pediatric/adolescent dosage", &[0]),
    ("19", "Bacillus Calmette-Guerin vaccine", &[1]),
    ("178", "Non-US bivalent oral polio vaccine (types 1 and 3)", &[1, 2, 3, 4]),
    ("198", "Diphtheria, pertussis, tetanus, hepatitis B, Haemophilus Influenza Type b, (Pentavalent)", &[2, 3, 4, 18]),
    ("119", "rotavirus, live, monovalent vaccine", &[2, 3, 4]),
    ("133", "pneumococcal conjugate vaccine, 13 valent", &[2, 3, 12]),
    ("10", "poliovirus vaccine, inactivated", &[4, 9]),
    ("04", "measles and rubella virus vaccine", &[9, 18]),
];
pub const TD: (&str, &str) = ("139", "Td(adult) unspecified formulation");
pub const COVID: (&str, &str) =
    ("511", "SARS-COV-2 COVID-19 Inactivated Virus Non-US Vaccine Product (CoronaVac, Sinovac)");

/// WHO growth standards 2006, medians: months, then boys' and girls' weight (kg), length or height (cm), head (cm).
pub const GROWTH: [(i64, [f64; 3], [f64; 3]); 14] = [
    (0, [3.35, 49.9, 34.5], [3.23, 49.1, 33.9]),
    (1, [4.45, 54.7, 37.3], [4.17, 53.6, 36.5]),
    (2, [5.57, 58.4, 39.1], [5.13, 57.1, 38.3]),
    (3, [6.37, 61.4, 40.5], [5.84, 59.8, 39.5]),
    (4, [7.01, 63.9, 41.6], [6.43, 62.1, 40.6]),
    (6, [7.94, 67.6, 43.3], [7.30, 65.8, 42.2]),
    (9, [8.90, 72.0, 45.0], [8.23, 70.1, 43.8]),
    (12, [9.65, 75.7, 46.1], [8.95, 74.0, 44.9]),
    (18, [10.94, 82.3, 47.4], [10.23, 80.7, 46.2]),
    (24, [12.15, 87.1, 48.3], [11.48, 85.7, 47.2]),
    (30, [13.30, 91.9, 48.9], [12.70, 90.7, 47.9]),
    (36, [14.34, 96.1, 49.5], [13.85, 95.1, 48.5]),
    (48, [16.35, 103.3, 50.2], [16.07, 102.7, 49.3]),
    (60, [18.34, 110.0, 50.7], [18.22, 109.4, 49.9]),
];
