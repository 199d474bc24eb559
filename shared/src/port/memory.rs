//! An ordered store in memory, for native tests and simulations.
