//! FHIR partial dates (`YYYY`, `YYYY-MM`, `YYYY-MM-DD`) and ages, over jiff civil dates.
