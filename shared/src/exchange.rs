//! Where formats of the outside world beyond plain FHIR R4 will live, a file each: IPS, SMART Health Links, SatuSehat,
//! Apple Health, the endpoint directory, X12. Plain FHIR goes in and out through `fhir` and `engine`.
