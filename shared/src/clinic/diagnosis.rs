//! ICD-10: the bounded list that the assessment searches. Titles are WHO's, verbatim.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeHit {
    /// ICD-10 code.
    pub code: String,
    pub title: String,
}
