//! Where the page is. The path names a place and nothing else; a patient travels as a pseudonym in the history entry's
//! state, so that no address, title or log ever carries one. The browser may write that state to disk to restore a tab:
//! nothing readable goes into it.

use serde::{Deserialize, Serialize};

use lucerna_shared::clinic::patient::PatientIdText;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    #[default]
    Today,
    Find,
    /// Carries what was typed in the find box, in memory only: it may be a name.
    Register {
        #[serde(skip)]
        typed: String,
    },
    EditPatient {
        patient: PatientIdText,
    },
    Chart {
        patient: PatientIdText,
        section: Section,
    },
    /// The chart with the visit workspace open over it.
    Visit {
        patient: PatientIdText,
    },
    Exchange,
    Conflicts,
    Audit,
    Devices,
    Settings,
    Security,
}

/// The chart's rail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    #[default]
    Summary,
    Timeline,
    Problems,
    Allergies,
    Medications,
    Vitals,
    Results,
    Encounters,
    Immunizations,
    Documents,
    AccessLog,
}

impl Section {
    pub const ALL: [Section; 11] = [
        Section::Summary,
        Section::Timeline,
        Section::Problems,
        Section::Allergies,
        Section::Medications,
        Section::Vitals,
        Section::Results,
        Section::Encounters,
        Section::Immunizations,
        Section::Documents,
        Section::AccessLog,
    ];

    /// The letter that follows `g`.
    pub fn letter(self) -> char {
        match self {
            Section::Summary => 's',
            Section::Timeline => 'l',
            Section::Problems => 'p',
            Section::Allergies => 'a',
            Section::Medications => 'm',
            Section::Vitals => 'v',
            Section::Results => 'r',
            Section::Encounters => 'e',
            Section::Immunizations => 'i',
            Section::Documents => 'd',
            Section::AccessLog => 'u',
        }
    }
}

impl Route {
    pub fn chart(patient: impl Into<PatientIdText>) -> Route {
        Route::Chart { patient: patient.into(), section: Section::Summary }
    }

    pub fn register() -> Route {
        Route::Register { typed: String::new() }
    }

    /// The path shown in the address bar.
    pub fn path(&self) -> &'static str {
        match self {
            Route::Today => "/",
            Route::Find => "/find",
            Route::Register { .. } => "/register",
            Route::EditPatient { .. } => "/edit",
            Route::Chart { .. } => "/chart",
            Route::Visit { .. } => "/visit",
            Route::Exchange => "/exchange",
            Route::Conflicts => "/conflicts",
            Route::Audit => "/audit",
            Route::Devices => "/devices",
            Route::Settings => "/settings",
            Route::Security => "/security",
        }
    }

    /// The place for a path alone, as after typing it: those about one patient become Find.
    pub fn from_path(path: &str) -> Route {
        match path {
            "/find" | "/edit" | "/chart" | "/visit" => Route::Find,
            "/register" => Route::register(),
            "/exchange" => Route::Exchange,
            "/conflicts" => Route::Conflicts,
            "/audit" => Route::Audit,
            "/devices" => Route::Devices,
            "/settings" => Route::Settings,
            "/security" => Route::Security,
            _ => Route::Today,
        }
    }

    /// The Fluent key of the page's title: the place's name, never a patient's.
    pub fn title_key(&self) -> &'static str {
        match self {
            Route::Today => "title-today",
            Route::Find => "title-find",
            Route::Register { .. } => "title-register",
            Route::EditPatient { .. } => "title-edit",
            Route::Chart { .. } => "title-chart",
            Route::Visit { .. } => "title-visit",
            Route::Exchange => "title-exchange",
            Route::Conflicts => "title-conflicts",
            Route::Audit => "title-audit",
            Route::Devices => "title-devices",
            Route::Settings => "title-settings",
            Route::Security => "title-security",
        }
    }

    /// The patient that this place is about.
    pub fn patient(&self) -> Option<&str> {
        match self {
            Route::EditPatient { patient } | Route::Chart { patient, .. } | Route::Visit { patient } => Some(patient),
            Route::Today
            | Route::Find
            | Route::Register { .. }
            | Route::Exchange
            | Route::Conflicts
            | Route::Audit
            | Route::Devices
            | Route::Settings
            | Route::Security => None,
        }
    }

    /// What the history entry holds beside the path.
    pub fn to_state(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The place of a history entry: its state if it has one of ours, else its path.
    pub fn from_entry(state: Option<&str>, path: &str) -> Route {
        state.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| Route::from_path(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_stays_out_of_the_history_that_a_browser_writes_to_disk() {
        let state = serde_json::to_string(&Route::Register { typed: "Melati".into() }).expect("JSON");
        assert!(!state.contains("Melati"));
        assert_eq!(serde_json::from_str::<Route>(&state).ok(), Some(Route::Register { typed: String::new() }));
    }

    #[test]
    fn no_path_carries_a_patient() {
        let patient = "0123456789abcdef0123456789abcdef";
        for route in [
            Route::chart(patient),
            Route::Visit { patient: patient.into() },
            Route::EditPatient { patient: patient.into() },
            Route::Register { typed: "Melati".into() },
        ] {
            assert!(!route.path().contains(patient) && !route.path().contains("Melati"));
        }
    }

    #[test]
    fn a_place_comes_back_from_its_history_entry() {
        let route = Route::Chart { patient: "ab".into(), section: Section::Vitals };
        assert_eq!(Route::from_entry(Some(&route.to_state()), route.path()), route);
        assert_eq!(Route::from_entry(None, "/devices"), Route::Devices);
        assert_eq!(Route::from_entry(Some("not ours"), "/chart"), Route::Find);
    }

    #[test]
    fn every_section_has_its_own_letter() {
        let mut letters: Vec<char> = Section::ALL.iter().map(|s| s.letter()).collect();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), Section::ALL.len());
    }
}
