//! Quantities in UCUM: decimal values kept as written, and the conversions that the clinic uses.
