//! The places of the app, one folder each: `model` thinks and knows no Yew, `page` wires, `parts` draws.
//! Features never import each other.

pub mod audit;
pub mod chart;
pub mod conflicts;
pub mod devices;
pub mod exchange;
pub mod find;
pub mod lock;
pub mod register;
pub mod settings;
pub mod shell;
pub mod today;
pub mod visit;
pub mod welcome;
