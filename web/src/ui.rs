//! The widgets. They know the page's words and the browser, but no clinic rule and no engine command.

pub mod allergy_label;
pub mod button;
pub mod clock;
pub mod dialog;
pub mod dom;
pub mod field;
pub mod icon;
pub mod identity;
pub mod idle;
pub mod keys;
pub mod language;
pub mod leaving;
pub mod loaded;
pub mod next_field;
pub mod notice;
pub mod patient_line;
pub mod plot;
pub mod progress;
pub mod scan;
pub mod tabs;
pub mod toast;
pub mod toggle;
pub mod trend;

pub use button::{Button, Kind};
pub use dialog::{Confirm, Dialog};
pub use field::{Field, TextArea};
pub use icon::{Icon, Sign};
pub use loaded::{FaultNote, Loaded, Nothing, Waiting, faces};
pub use notice::{Notice, Tone};
pub use patient_line::PatientLine;
pub use progress::Progress;
pub use toast::{Toasts, use_toasts};
pub use toggle::{Choice, Toggle};
