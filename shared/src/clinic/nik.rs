//! nik
